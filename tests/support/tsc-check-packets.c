/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tsc-check.h"

#include <string.h>

static void
check_pid_counters (TscContext * context, const TscPid * pid)
{
  guint i;

  for (i = 0; i < pid->cc_error_packets->len; i++)
    tsc_violation (context->report, "cc-error", "PID 0x%04x at packet %" G_GSIZE_FORMAT, pid->pid,
        g_array_index (pid->cc_error_packets, gsize, i));
  if (pid->tei > 0)
    tsc_violation (context->report, "transport-error",
        "PID 0x%04x: transport_error_indicator on %" G_GSIZE_FORMAT " packets", pid->pid, pid->tei);
  if (pid->malformed > 0)
    tsc_violation (context->report, "adaptation-field",
        "PID 0x%04x: %" G_GSIZE_FORMAT " adaptation fields leave their packet", pid->pid,
        pid->malformed);
  if (pid->discontinuities > 0 && !context->allow_discontinuity) {
    const TscPid *before = context->reference != NULL ? context->reference->pids[pid->pid] : NULL;

    if (before == NULL || before->discontinuities < pid->discontinuities)
      tsc_violation (context->report, "discontinuity-indicator",
          "PID 0x%04x: set on %" G_GSIZE_FORMAT " packets, in the input on %" G_GSIZE_FORMAT,
          pid->pid, pid->discontinuities, before != NULL ? before->discontinuities : 0);
  }
}

static void
check_pid_set (TscContext * context)
{
  guint i;

  for (i = 0; i < TSC_PID_COUNT; i++) {
    gboolean in = context->reference->pids[i] != NULL;
    gboolean out = context->file->pids[i] != NULL;

    if (in && !out)
      tsc_violation (context->report, "pid-set", "PID 0x%04x of the input is gone", i);
    if (out && !in)
      tsc_violation (context->report, "pid-set", "PID 0x%04x is new", i);
  }
}

static void
print_facts (TscContext * context)
{
  const TscFile *file = context->file;
  guint i;

  tsc_fact (context->report, "packets", "%" G_GSIZE_FORMAT ", null %" G_GSIZE_FORMAT
      ", sync losses %" G_GSIZE_FORMAT, file->n_packets, file->null_packets, file->sync_losses);
  for (i = 0; i < TSC_PID_COUNT; i++) {
    const TscPid *pid = file->pids[i];

    if (pid != NULL)
      tsc_fact (context->report, "pid", "0x%04x type 0x%02x packets %" G_GSIZE_FORMAT " cc-errors %"
          G_GSIZE_FORMAT " duplicates %" G_GSIZE_FORMAT, i, pid->stream_type, pid->packets,
          pid->cc_errors, pid->duplicates);
  }
}

void
tsc_check_packets (TscContext * context)
{
  const TscFile *file = context->file, *reference = context->reference;
  guint i;

  print_facts (context);
  for (i = 0; i < file->sync_loss_packets->len; i++)
    tsc_violation (context->report, "sync-loss", "no sync byte behind packet %" G_GSIZE_FORMAT,
        g_array_index (file->sync_loss_packets, gsize, i));
  for (i = 0; i < TSC_PID_COUNT; i++) {
    if (file->pids[i] != NULL)
      check_pid_counters (context, file->pids[i]);
  }
  if (reference == NULL)
    return;
  check_pid_set (context);
  if (context->cbr && file->n_packets != reference->n_packets)
    tsc_violation (context->report, "packet-count",
        "%" G_GSIZE_FORMAT " packets, the input has %" G_GSIZE_FORMAT, file->n_packets,
        reference->n_packets);
}

static void
compare_sections (TscContext * context, const gchar * what, const GPtrArray * out,
    const GPtrArray * in)
{
  guint i;

  for (i = 0; i < MAX (out->len, in->len); i++) {
    const TscSection *a = i < out->len ? g_ptr_array_index (out, i) : NULL;
    const TscSection *b = i < in->len ? g_ptr_array_index (in, i) : NULL;

    if (a == NULL) {
      tsc_violation (context->report, "psi-changed", "%s version %u of the input is missing", what,
          (b->data[5] >> 1) & 31);
    } else if (b == NULL || a->size != b->size || memcmp (a->data, b->data, a->size) != 0) {
      tsc_violation (context->report, "psi-changed",
          "%s (version %u) from packet %" G_GSIZE_FORMAT " on is not the input's", what,
          (a->data[5] >> 1) & 31, a->packet);
      return;
    }
  }
}

void
tsc_check_psi (TscContext * context)
{
  const TscFile *file = context->file, *reference = context->reference;

  tsc_fact (context->report, "psi",
      "programme %u PMT 0x%04x PCR 0x%04x, %u PAT and %u PMT versions, at most %" G_GSIZE_FORMAT
      " and %" G_GSIZE_FORMAT " packets apart", file->program, file->pmt_pid, file->pcr_pid,
      file->pat->len, file->pmt->len, file->pat_max_distance, file->pmt_max_distance);
  if (file->bad_sections > 0)
    tsc_violation (context->report, "psi-crc", "%" G_GSIZE_FORMAT " PAT or PMT sections with a "
        "wrong CRC_32", file->bad_sections);
  if (file->pmt->len == 0)
    tsc_violation (context->report, "psi-missing", "no PMT of programme %u", file->program);
  if (reference == NULL)
    return;
  compare_sections (context, "PAT", file->pat, reference->pat);
  compare_sections (context, "PMT", file->pmt, reference->pmt);
}
