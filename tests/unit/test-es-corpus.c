/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/ts on real streams: what the facts beside them say of random access points, pictures
 * and audio must come out of the readers. One test for each file; skipped without the corpus. */
#include <asp-es-audio.h>
#include <asp-es-video.h>

#include <string.h>

#include <json-glib/json-glib.h>

#include "es-check.h"
#include "unit-support.h"

#define FACTS_FILE "ts-facts-shared.json"

/* Heads that are read at every length: many short ones, a few that reach into the slices */
#define HEADS_LONG 8
#define HEAD_LONG 1500
#define HEADS_SHORT 60
#define HEAD_SHORT 200

typedef struct
{
  gchar *dir;
  JsonParser *parser;
  JsonObject *files;
} Corpus;

static Corpus corpus;

/* One elementary stream as the readers see it */
typedef struct
{
  AspPmtStream stream;
  GArray *raps;                 /* Rap */
  guint n_pes;
  gboolean has_params;
  AspVideoParams params;        /* the last ones */
  GByteArray *es;               /* audio: everything in one piece */
} Stream;

typedef struct
{
  gint64 pts90k;
  AspPictureKind kind;
} Rap;

static void
stream_free (gpointer data)
{
  Stream *s = data;

  g_array_unref (s->raps);
  g_byte_array_unref (s->es);
  g_free (s);
}

static void
take_picture (Stream * s, const AspPesHeader * header, const guint8 * es, gsize size)
{
  AspVideoParams params;
  AspAuInfo info;

  if (asp_es_video_params (s->stream.codec, es, size, &params)) {
    s->has_params = TRUE;
    s->params = params;
  }
  asp_es_video_scan_known (s->stream.codec, es, size, s->has_params ? &s->params : NULL, &info);
  g_assert_true (info.complete);
  if (asp_picture_is_rap (info.kind) || info.kind == ASP_PICTURE_RECOVERY_POINT) {
    Rap rap = { header->pts90k, info.kind };

    g_assert_true (info.has_parameter_sets);
    g_array_append_val (s->raps, rap);
  }
  if (s->n_pes < HEADS_SHORT)
    check_video_prefixes (s->stream.codec, es, MIN (size, HEAD_LONG),
        s->n_pes < HEADS_LONG ? HEAD_LONG : HEAD_SHORT, s->has_params ? &s->params : NULL);
}

static void
on_pes (const AspPmtStream * stream, const AspPesHeader * header, const guint8 * es, gsize size,
    gpointer user_data)
{
  GHashTable *streams = user_data;
  Stream *s = g_hash_table_lookup (streams, GUINT_TO_POINTER (stream->pid));

  if (!s) {
    s = g_new0 (Stream, 1);
    s->stream = *stream;
    s->raps = g_array_new (FALSE, FALSE, sizeof (Rap));
    s->es = g_byte_array_new ();
    g_hash_table_insert (streams, GUINT_TO_POINTER (stream->pid), s);
  }
  if (ASP_CODEC_IS_VIDEO (stream->codec))
    take_picture (s, header, es, size);
  else if (ASP_CODEC_IS_AUDIO (stream->codec))
    g_byte_array_append (s->es, es, (guint) size);
  s->n_pes++;
}

static gboolean
kind_agrees (AspPictureKind kind, const gchar * fact)
{
  if (strstr (fact, "IDR"))
    return kind == ASP_PICTURE_IDR || kind == ASP_PICTURE_IDR_W_RADL;
  if (strstr (fact, "GOP_closed"))
    return kind == ASP_PICTURE_IDR;
  if (strstr (fact, "GOP_open"))
    return kind == ASP_PICTURE_OPEN_I;
  if (strstr (fact, "CRA"))
    return kind == ASP_PICTURE_CRA;
  if (strstr (fact, "recovery_point"))
    return kind == ASP_PICTURE_RECOVERY_POINT;
  g_error ("the facts name a kind that this test does not know: %s", fact);
}

/* Returns: how many random access points were compared */
static guint
check_random_access (GHashTable * streams, JsonObject * facts)
{
  g_autoptr (GList) pids = json_object_get_members (facts);
  guint checked = 0;

  for (GList * l = pids; l; l = l->next) {
    JsonObject *fact = json_object_get_object_member (facts, l->data);
    JsonArray *raps = json_object_get_array_member (fact, "random_access");
    guint pid = (guint) g_ascii_strtoull (l->data, NULL, 10);
    Stream *s = g_hash_table_lookup (streams, GUINT_TO_POINTER (pid));

    if (json_object_get_int_member (fact, "video_pes") == 0) {
      g_assert_null (s);        /* scrambled */
      continue;
    }
    g_assert_nonnull (s);
    g_assert_cmpuint (s->n_pes, ==, json_object_get_int_member (fact, "video_pes"));
    g_assert_cmpuint (s->raps->len, ==, json_array_get_length (raps));
    for (guint i = 0; i < s->raps->len; i++) {
      const Rap *rap = &g_array_index (s->raps, Rap, i);
      JsonObject *expected = json_array_get_object_element (raps, i);
      const gchar *kind = json_object_get_string_member (expected, "kind");

      if (json_object_get_null_member (expected, "pts_90k"))
        g_assert_cmpint (rap->pts90k, ==, ASP_NO_TIME);
      else
        g_assert_cmpint (rap->pts90k, ==, json_object_get_int_member (expected, "pts_90k"));
      if (!kind_agrees (rap->kind, kind))
        g_error ("PTS %" G_GINT64_FORMAT ": kind %d, the facts say %s", rap->pts90k, rap->kind, kind);
      checked++;
    }
  }
  return checked;
}

static void
check_video_stream (const Stream * s, JsonObject * probe)
{
  const gchar *order = json_object_get_string_member_with_default (probe, "field_order", "");
  const gchar *rate = json_object_get_string_member_with_default (probe, "r_frame_rate", "");

  g_assert_true (s->has_params);
  g_assert_cmpuint (s->params.width, ==, json_object_get_int_member (probe, "width"));
  g_assert_cmpuint (s->params.height, ==, json_object_get_int_member (probe, "height"));
  g_assert_cmpuint (s->params.level_idc, ==, json_object_get_int_member (probe, "level"));
  if (!g_strcmp0 (order, "tt") || !g_strcmp0 (order, "bb"))
    g_assert_true (s->params.interlaced);
  if (!g_strcmp0 (order, "progressive") && s->params.fps_num > 0) {
    g_autofree gchar *fps = g_strdup_printf ("%u/%u", s->params.fps_num, s->params.fps_den);

    g_assert_cmpstr (fps, ==, rate);
  }
}

static gboolean
codec_agrees (AspCodec codec, const gchar * name)
{
  switch (codec) {
    case ASP_CODEC_MPEG_AUDIO:
      return !strcmp (name, "mp1") || !strcmp (name, "mp2") || !strcmp (name, "mp3");
    case ASP_CODEC_AAC_ADTS:
      return !strcmp (name, "aac");
    case ASP_CODEC_AAC_LATM:
      return !strcmp (name, "aac_latm");
    case ASP_CODEC_AC3:
      return !strcmp (name, "ac3");
    case ASP_CODEC_EAC3:
      return !strcmp (name, "eac3");
    default:
      return FALSE;
  }
}

/* Frame by frame from the first to the last: where nothing was lost, each one begins where
 * the one before it ends. */
static void
check_audio_stream (const Stream * s, JsonObject * probe, guint max_losses)
{
  guint rate = (guint) g_ascii_strtoull (json_object_get_string_member (probe, "sample_rate"), NULL, 10);
  guint frames = 0, losses = 0;
  AspLatmState latm = { 0, };
  AspAudioFrame f;
  gssize at = asp_es_audio_find_sync (s->stream.codec, s->es->data, s->es->len);
  gsize pos = (gsize) at;

  g_assert_cmpint (at, >=, 0);
  while (pos < s->es->len) {
    AspAudioResult r = asp_es_audio_frame (s->stream.codec, s->es->data + pos, s->es->len - pos, &latm, &f);

    if (r == ASP_AUDIO_NEED_MORE)
      break;
    if (r == ASP_AUDIO_NO_SYNC) {
      g_assert_cmpuint (++losses, <=, max_losses);
      at = asp_es_audio_find_sync (s->stream.codec, s->es->data + pos, s->es->len - pos);
      if (at < 0)
        break;
      pos += (gsize) at;
      continue;
    }
    g_assert_cmpuint (f.sample_rate, ==, rate);
    g_assert_cmpuint (f.channels, ==, json_object_get_int_member (probe, "channels"));
    g_assert_cmpuint (f.samples, >, 0);
    frames++;
    pos += f.size;
  }
  g_test_message ("PID %u: %u frames, %u losses of sync", s->stream.pid, frames, losses);
  g_assert_cmpuint (frames, >, 0);
  /* one frame of this size for each so many bytes, or the walk went astray */
  g_assert_cmpuint (frames, >=, s->es->len / 2000);
}

static void
check_probe (GHashTable * streams, JsonObject * fact)
{
  JsonArray *probes = json_object_get_array_member (json_object_get_object_member (fact, "ffprobe"), "streams");
  guint losses = (guint) json_object_get_int_member (fact, "continuity_errors");

  for (guint i = 0; i < json_array_get_length (probes); i++) {
    JsonObject *probe = json_array_get_object_element (probes, i);
    const gchar *id = json_object_get_string_member_with_default (probe, "id", "0");
    const gchar *name = json_object_get_string_member_with_default (probe, "codec_name", "");
    Stream *s = g_hash_table_lookup (streams, GUINT_TO_POINTER (g_ascii_strtoull (id, NULL, 16)));

    if (!s)
      continue;
    if (ASP_CODEC_IS_VIDEO (s->stream.codec))
      check_video_stream (s, probe);
    else if (codec_agrees (s->stream.codec, name))
      check_audio_stream (s, probe, losses);
    else if (ASP_CODEC_IS_AUDIO (s->stream.codec))
      g_test_message ("PID %u is %s in the PMT but %s", s->stream.pid, asp_codec_name (s->stream.codec), name);
  }
}

static void
test_file (gconstpointer data)
{
  const gchar *name = data;
  g_autofree gchar *path = g_build_filename (corpus.dir, name, NULL);
  g_autofree gchar *bytes = NULL;
  g_autoptr (GHashTable) streams = g_hash_table_new_full (NULL, NULL, NULL, stream_free);
  g_autoptr (GError) error = NULL;
  JsonObject *fact = json_object_get_object_member (corpus.files, name);
  gsize size;

  if (!g_file_get_contents (path, &bytes, &size, &error)) {
    g_test_skip (error->message);
    return;
  }
  g_assert_cmpuint (size, ==, json_object_get_int_member (fact, "bytes"));
  g_assert_cmpuint (test_ts_for_each_pes ((const guint8 *) bytes, size, on_pes, streams), >, 0);
  g_assert_cmpuint (check_random_access (streams, json_object_get_object_member (fact, "random_access")), >, 0);
  check_probe (streams, fact);
}

static void
test_no_corpus (void)
{
  g_test_skip ("no corpus of real streams (ADSPLICE_CORPUS): ts/" FACTS_FILE " not found");
}

static void
add_files (void)
{
  g_autofree gchar *facts = g_build_filename (corpus.dir, FACTS_FILE, NULL);
  g_autoptr (GList) names = NULL;

  corpus.parser = json_parser_new ();
  if (!json_parser_load_from_file (corpus.parser, facts, NULL)) {
    g_test_add_func ("/es/corpus", test_no_corpus);
    return;
  }
  corpus.files = json_node_get_object (json_parser_get_root (corpus.parser));
  names = json_object_get_members (corpus.files);
  for (GList * l = names; l; l = l->next) {
    g_autofree gchar *test = g_strdup_printf ("/es/corpus/%s", (const gchar *) l->data);

    g_test_add_data_func (test, l->data, test_file);
  }
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  corpus.dir = test_corpus_dir ("ts");
  if (corpus.dir)
    add_files ();
  else
    g_test_add_func ("/es/corpus", test_no_corpus);
  result = g_test_run ();
  g_clear_object (&corpus.parser);
  g_free (corpus.dir);
  return result;
}
