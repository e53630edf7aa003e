/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-rewrite.h"

#include <string.h>

/*
 * The PMT in the output, when cues are rewritten. A programme without a PID for cues gets
 * one: the highest below 0x1ff0 that no PAT and no PMT that has been read names, and on which
 * nothing has come. Should the input name or use it later, another one is taken. Whatever
 * differs from what the output said before has another version_number, whatever the input
 * does with its own.
 */
#define OWN_PID_FIRST 0x1fef    /* 0x1ff0 to 0x1fff belong to ATSC and null packets */
#define OWN_PID_LAST 0x20       /* below it are tables of DVB */

void
pmt_reset (Rewrite * r)
{
  asp_section_assembler_init (&r->pmt_in);
  r->pmt_pid = ASP_PID_NULL;
  r->out_size = 0;
  r->version_step = 0;
  r->pmt_cc = -1;
  r->full = FALSE;
  memset (&r->used, 0, sizeof r->used);
  r->own_pid = r->cue_pid = ASP_PID_NULL;
  g_ptr_array_set_size (r->others, 0);
}

/* --- the PID -------------------------------------------------------------------- */

static guint
choose_pid (const Rewrite * r)
{
  for (guint pid = OWN_PID_FIRST; pid >= OWN_PID_LAST; pid--)
    if (!asp_pid_set_has (&r->used, pid))
      return pid;
  return ASP_PID_NULL;
}

static void
release_own_pid (AspSplicer * s)
{
  Rewrite *r = s->rewrite;

  if (r->own_pid != ASP_PID_NULL && s->role[r->own_pid] == ROLE_TAKEN)
    s->role[r->own_pid] = ROLE_OTHER;
  r->own_pid = ASP_PID_NULL;
}

/* Where cues go from now on: on @pid, which is the programme's own or ours. */
static void
set_cue_pid (Rewrite * r, guint pid)
{
  if (r->cue_pid == pid)
    return;
  r->cue_pid = pid;
  asp_track_init (&r->cue_track, pid);
}

/* The PID of a stream of cues in @section, or ASP_PID_NULL. */
static guint
programme_cue_pid (const guint8 * section, gsize size)
{
  AspPmt pmt;

  if (asp_pmt_parse (section, size, &pmt))
    for (guint i = 0; i < pmt.n_streams; i++)
      if (pmt.streams[i].codec == ASP_CODEC_SCTE35)
        return pmt.streams[i].pid;
  return ASP_PID_NULL;
}

static guint
settle_pid (AspSplicer * s, const guint8 * section, gsize size)
{
  Rewrite *r = s->rewrite;
  guint theirs = programme_cue_pid (section, size);

  if (theirs != ASP_PID_NULL) {
    release_own_pid (s);
    set_cue_pid (r, theirs);
    return ASP_PID_NULL;
  }
  if (r->own_pid == ASP_PID_NULL || asp_pid_set_has (&r->used, r->own_pid)) {
    release_own_pid (s);
    r->own_pid = choose_pid (r);
  }
  return r->own_pid;
}

/* --- the section ---------------------------------------------------------------- */

/* @section in the form in which it goes out; 0 when it cannot be edited. */
static gsize
make_section (Rewrite * r, const guint8 * section, gsize size, guint pid, guint8 * out)
{
  guint version = asp_section_version (section);
  gsize made;

  if (pid != ASP_PID_NULL && r->version_step == 0)
    r->version_step = 1;
  made = asp_pmt_edit (section, size, pid, version + r->version_step, out);
  if (made == 0 || r->out_size == 0 || asp_section_same_content (out, made, r->section_out, r->out_size) ||
      asp_section_version (out) != asp_section_version (r->section_out))
    return made;
  r->version_step = (r->version_step + 1) & 0x1f;
  return asp_pmt_edit (section, size, pid, version + r->version_step, out);
}

static void
no_room (AspSplicer * s)
{
  Rewrite *r = s->rewrite;

  release_own_pid (s);
  set_cue_pid (r, ASP_PID_NULL);
  if (!r->full && s->funcs.warn)
    s->funcs.warn (s->user_data, "pmt-full", "the PMT has no room for a PID of cues: breaks are not announced; "
        "give the programme an SCTE-35 PID at the encoder");
  r->full = TRUE;
}

/* The programme's PMT: what goes out in its place stands in section_out. */
static void
take_programme (AspSplicer * s, const guint8 * section, gsize size)
{
  Rewrite *r = s->rewrite;
  guint8 made[ASP_PMT_SECTION_MAX];
  guint pid = settle_pid (s, section, size);
  gsize made_size = make_section (r, section, size, pid, made);

  if (made_size == 0) {
    no_room (s);
    rewrite_queue_pmt (s, section, size);
    return;
  }
  if (pid != ASP_PID_NULL) {
    set_cue_pid (r, pid);
    s->role[pid] = ROLE_TAKEN;
  }
  memcpy (r->section_out, made, made_size);
  r->out_size = made_size;
  rewrite_queue_pmt (s, made, made_size);
}

static gboolean
is_programme (const AspSplicer * s, const guint8 * section, gsize size)
{
  AspPmt pmt;

  return asp_pmt_parse (section, size, &pmt) &&
      (s->config.program_number == 0 ? pmt.program_number == s->program_number :
      pmt.program_number == s->config.program_number);
}

static void
on_section (const guint8 * section, gsize size, gpointer user_data)
{
  AspSplicer *s = user_data;
  Rewrite *r = s->rewrite;

  asp_pmt_add_pids (section, size, &r->used);
  if (!is_programme (s, section, size)) {
    rewrite_queue_pmt (s, section, size);       /* another table on this PID */
    return;
  }
  take_programme (s, section, size);
}

void
pmt_take (AspSplicer * s, const guint8 * packet)
{
  Rewrite *r = s->rewrite;

  if (asp_ts_pid (packet) != r->pmt_pid) {
    r->pmt_pid = asp_ts_pid (packet);
    r->pmt_cc = -1;
    asp_section_assembler_init (&r->pmt_in);
  }
  if (!s->pmt_waits)
    asp_section_assembler_push (&r->pmt_in, packet, on_section, s);
  else if (asp_ts_pusi (packet) && r->out_size > 0)
    /* the break belongs to the programme that was: its PMT goes on (rule 6) */
    rewrite_queue_pmt (s, r->section_out, r->out_size);
}

/* --- other programmes ------------------------------------------------------------- */

GPtrArray *
pmt_others_new (void)
{
  return g_ptr_array_new_with_free_func (g_free);
}

/* Only their PIDs are of interest: none of them may be ours. */
void
rewrite_pat (AspSplicer * s, const AspPat * pat)
{
  Rewrite *r = s->rewrite;

  for (guint i = 0; i < r->others->len; i++) {
    const OtherPmt *o = g_ptr_array_index (r->others, i);

    if (s->role[o->pid] == ROLE_OTHER_PMT)
      s->role[o->pid] = ROLE_OTHER;
  }
  g_ptr_array_set_size (r->others, 0);
  for (guint i = 0; i < pat->n_programs; i++) {
    guint pid = pat->programs[i].pmt_pid;
    OtherPmt *o;

    asp_pid_set_add (&r->used, pid);
    if (s->role[pid] != ROLE_OTHER || r->others->len == REWRITE_OTHERS_MAX)
      continue;
    o = g_new (OtherPmt, 1);
    o->pid = pid;
    asp_section_assembler_init (&o->sections);
    g_ptr_array_add (r->others, o);
    s->role[pid] = ROLE_OTHER_PMT;
  }
}

/* Cues wait until the PMT has named another PID for them. */
static void
yield_own_pid (AspSplicer * s)
{
  Rewrite *r = s->rewrite;

  if (r->own_pid != ASP_PID_NULL && asp_pid_set_has (&r->used, r->own_pid))
    set_cue_pid (r, ASP_PID_NULL);
}

static void
on_other_section (const guint8 * section, gsize size, gpointer user_data)
{
  AspSplicer *s = user_data;

  asp_pmt_add_pids (section, size, &s->rewrite->used);
  yield_own_pid (s);
}

/* A packet of another programme's PMT, or one on the PID that was thought free. */
void
rewrite_see (AspSplicer * s, const guint8 * packet)
{
  Rewrite *r = s->rewrite;
  guint pid = asp_ts_pid (packet);

  if (s->role[pid] == ROLE_TAKEN) {
    asp_pid_set_add (&r->used, pid);
    s->role[pid] = ROLE_OTHER;
    yield_own_pid (s);
    return;
  }
  for (guint i = 0; i < r->others->len; i++) {
    OtherPmt *o = g_ptr_array_index (r->others, i);

    if (o->pid == pid)
      asp_section_assembler_push (&o->sections, packet, on_other_section, s);
  }
}
