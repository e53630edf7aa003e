/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/ts on streams that encoders make now: pictures and parameters must be what ffprobe, which
 * decodes them, says; audio frames must fill the file to its last byte. Skipped without ffmpeg. */
#include <asp-es-audio.h>
#include <asp-es-video.h>

#include <string.h>

#include "es-check.h"
#include "scratch.h"
#include "unit-support.h"

static gchar *work_dir;

/* Runs a command line of words; NULL when it cannot be run or fails. g_free() the output. */
static gchar *
run_tool (const gchar * tool, const gchar * arguments)
{
  g_autofree gchar *line = g_strdup_printf ("%s %s", tool, arguments);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *errors = NULL;
  gchar *output = NULL;
  gint status;

  g_assert_true (g_shell_parse_argv (line, NULL, &argv, NULL));
  if (!g_spawn_sync (work_dir, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &errors, &status, &error)) {
    g_test_message ("%s", error->message);
    return NULL;
  }
  if (!g_spawn_check_wait_status (status, &error)) {
    g_test_message ("%s: %s\n%s", line, error->message, errors);
    g_clear_pointer (&output, g_free);
  }
  return output;
}

/* FALSE, and the test is skipped, when ffmpeg or the encoder is not there. */
static gboolean
have_encoder (const gchar * encoder)
{
  static gchar *encoders = NULL;
  g_autofree gchar *word = g_strdup_printf (" %s ", encoder);

  if (!encoders) {
    g_autofree gchar *probe = run_tool ("ffprobe", "-version");

    encoders = probe ? run_tool ("ffmpeg", "-hide_banner -encoders") : NULL;
  }
  if (encoders && strstr (encoders, word))
    return TRUE;
  g_test_skip (encoders ? "ffmpeg has no such encoder" : "ffmpeg or ffprobe not found");
  return FALSE;
}

static GByteArray *
read_file (const gchar * name)
{
  g_autofree gchar *path = g_build_filename (work_dir, name, NULL);
  gchar *bytes;
  gsize size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  return g_byte_array_new_take ((guint8 *) bytes, size);
}

typedef struct
{
  const gchar *name, *encoder, *options;
  AspCodec codec;
  /* how many of each are to be there; -1: any number */
  gint idr, cra, open_i, recovery, radl, rasl;
  AspVideoParams expected;      /* 0 where ffprobe is asked or nothing is said */
} VideoCase;

#define ANY -1
#define X265_QUIET ":scenecut=0:pools=none:frame-threads=1:log-level=none"

static const VideoCase video_cases[] = {
  {"h264", "libx264", "-s 320x180 -g 12 -bf 2 -sc_threshold 0", ASP_CODEC_H264,
      4, 0, 0, 0, 0, 0, {.profile_idc = 100,.max_reorder = 2,.chroma_format_idc = 1,.bit_depth = 8}},
  {"h264-open-gop", "libx264", "-s 320x180 -g 12 -bf 2 -sc_threshold 0 -flags -cgop -x264-params open-gop=1",
      ASP_CODEC_H264, 1, 0, 0, 3, 0, 0, {.profile_idc = 100,.max_reorder = 2,.chroma_format_idc = 1,.bit_depth = 8}},
  {"h264-intra-refresh", "libx264", "-s 320x180 -g 12 -bf 0 -intra-refresh 1 -profile:v main",
      ASP_CODEC_H264, 1, 0, 0, ANY, 0, 0, {.profile_idc = 77,.max_reorder = 0,.chroma_format_idc = 1,.bit_depth = 8}},
  {"h264-baseline-odd-size", "libx264", "-s 322x182 -g 20 -profile:v baseline -level 3.1 -aspect 16:9",
      ASP_CODEC_H264, 2, 0, 0, 0, 0, 0, {.profile_idc = 66,.max_reorder = 0,.chroma_format_idc = 1,.bit_depth = 8}},
  {"h264-interlaced-hrd", "libx264", "-s 720x576 -aspect 4:3 -g 12 -bf 1 -flags +ildct+ilme -b:v 1M -maxrate 1M "
        "-bufsize 1M -sc_threshold 0 -x264-params nal-hrd=cbr:cqm=jvt:tff=1", ASP_CODEC_H264,
      4, 0, 0, 0, 0, 0, {.profile_idc = 100,.max_reorder = 1,.chroma_format_idc = 1,.bit_depth = 8,.interlaced = TRUE}},
  {"h264-422-10", "libx264", "-s 322x181 -g 20 -bf 0 -pix_fmt yuv422p10le -x264-params cqm=jvt",
      ASP_CODEC_H264, 2, 0, 0, 0, 0, 0, {.profile_idc = 122,.max_reorder = 0,.chroma_format_idc = 2,.bit_depth = 10}},
  {"h264-444", "libx264", "-s 161x91 -g 20 -bf 0 -pix_fmt yuv444p", ASP_CODEC_H264,
      2, 0, 0, 0, 0, 0, {.profile_idc = 244,.max_reorder = 0,.chroma_format_idc = 3,.bit_depth = 8}},
  {"hevc", "libx265", "-s 320x180 -x265-params keyint=12:bframes=3:open-gop=0" X265_QUIET,
      ASP_CODEC_HEVC, 4, 0, 0, 0, 0, 0, {.profile_idc = 1,.max_reorder = 2,.chroma_format_idc = 1,.bit_depth = 8}},
  {"hevc-open-gop", "libx265", "-s 320x180 -x265-params keyint=12:bframes=3:open-gop=1" X265_QUIET,
      ASP_CODEC_HEVC, 1, 3, 0, 0, 0, ANY, {.profile_idc = 1,.max_reorder = 2,.chroma_format_idc = 1,.bit_depth = 8}},
  {"hevc-radl", "libx265",
        "-s 320x180 -x265-params keyint=12:min-keyint=12:bframes=3:open-gop=0:radl=2" X265_QUIET,
      ASP_CODEC_HEVC, ANY, 0, 0, 0, ANY, 0, {.profile_idc = 1,.max_reorder = 2,.chroma_format_idc = 1,.bit_depth = 8}},
  {"hevc-main10-scaling", "libx265", "-s 322x182 -pix_fmt yuv420p10le "
        "-x265-params keyint=20:open-gop=0:bframes=0:scaling-list=default:hrd=1:vbv-maxrate=1000:vbv-bufsize=1000"
        X265_QUIET,
      ASP_CODEC_HEVC, 2, 0, 0, 0, 0, 0, {.profile_idc = 2,.max_reorder = 0,.chroma_format_idc = 1,.bit_depth = 10}},
  {"hevc-422-layers", "libx265", "-s 320x182 -pix_fmt yuv422p10le "
        "-x265-params keyint=20:bframes=3:temporal-layers=3:open-gop=0" X265_QUIET,
      ASP_CODEC_HEVC, ANY, 0, 0, 0, 0, 0, {.profile_idc = 4,.max_reorder = -1,.chroma_format_idc = 2,.bit_depth = 10}},
  {"mpeg2", "mpeg2video", "-s 320x180 -g 12 -bf 2 -sc_threshold 0", ASP_CODEC_MPEG2,
      ANY, 0, ANY, 0, 0, 0, {.profile_idc = 4,.max_reorder = 1,.chroma_format_idc = 1,.bit_depth = 8}},
  {"mpeg2-closed", "mpeg2video", "-s 320x180 -g 12 -bf 2 -flags +cgop -sc_threshold 1000000000", ASP_CODEC_MPEG2,
      ANY, 0, 0, 0, 0, 0, {.profile_idc = 4,.max_reorder = 1,.chroma_format_idc = 1,.bit_depth = 8}},
  {"mpeg2-interlaced", "mpeg2video", "-s 720x576 -aspect 16:9 -g 12 -bf 2 -flags +ildct+ilme -top 1", ASP_CODEC_MPEG2,
      ANY, 0, ANY, 0, 0, 0,
      {.profile_idc = 4,.max_reorder = 1,.chroma_format_idc = 1,.bit_depth = 8,.interlaced = TRUE}},
  {"mpeg2-422", "mpeg2video", "-s 320x180 -g 12 -bf 0 -pix_fmt yuv422p", ASP_CODEC_MPEG2,
      ANY, 0, ANY, 0, 0, 0, {.profile_idc = 8,.max_reorder = ANY,.chroma_format_idc = 2,.bit_depth = 8}},
  {"mpeg1", "mpeg1video", "-s 320x180 -g 12 -bf 2", ASP_CODEC_MPEG2,
      ANY, 0, ANY, 0, 0, 0, {.max_reorder = -1,.chroma_format_idc = 1,.bit_depth = 8}},
};

typedef struct
{
  const VideoCase *video;
  GHashTable *types;            /* PTS as string -> pict_type of ffprobe, "I" ... */
  guint counts[ASP_PICTURE_INTRA + 1];
  guint pictures;
  gboolean has_params;
  AspVideoParams params;
  gint64 irap_pts90k;           /* of the last IRAP or IDR */
} VideoRun;

static void
check_picture_type (VideoRun * run, const AspPesHeader * header, const AspAuInfo * info)
{
  g_autofree gchar *pts = g_strdup_printf ("%" G_GINT64_FORMAT, header->pts90k);
  const gchar *type = g_hash_table_lookup (run->types, pts);

  /* ffprobe leaves out what it does not output: leading pictures at the start of a stream */
  if (!type)
    return;
  g_assert_cmpint (info->is_b, ==, !strcmp (type, "B"));
  if (info->kind == ASP_PICTURE_TRAILING)
    g_assert_cmpstr (type, !=, "I");
  else if (info->kind == ASP_PICTURE_INTRA || asp_picture_is_rap (info->kind))
    g_assert_cmpstr (type, ==, "I");
}

static void
on_video (const AspPmtStream * stream, const AspPesHeader * header, const guint8 * es, gsize size,
    gpointer user_data)
{
  VideoRun *run = user_data;
  AspVideoParams params;
  AspAuInfo info;

  g_assert_cmpint (stream->codec, ==, run->video->codec);
  if (asp_es_video_params (stream->codec, es, size, &params)) {
    if (run->has_params)
      g_assert_cmpmem (&params, sizeof params, &run->params, sizeof run->params);
    run->has_params = TRUE;
    run->params = params;
  }
  asp_es_video_scan_known (stream->codec, es, size, &run->params, &info);
  g_assert_true (info.complete);
  g_assert_false (info.field);
  if (asp_picture_is_rap (info.kind)) {
    g_assert_true (info.has_parameter_sets);
    run->irap_pts90k = header->pts90k;
  }
  /* leading pictures: before their IRAP in time, behind it in the stream */
  if (info.kind == ASP_PICTURE_RASL || info.kind == ASP_PICTURE_RADL)
    g_assert_cmpint (header->pts90k, <, run->irap_pts90k);
  check_picture_type (run, header, &info);
  run->counts[info.kind]++;
  run->pictures++;
  check_video_prefixes (stream->codec, es, MIN (size, 2000), run->pictures <= 3 ? 2000 : 100,
      run->has_params ? &run->params : NULL);
}

/* "key=value|key=value" of ffprobe -of compact=p=0; g_free() the value, "" when it is not there */
static gchar *
probe_value (const gchar * line, const gchar * key)
{
  g_auto (GStrv) fields = g_strsplit (line, "|", -1);
  gsize n = strlen (key);

  for (guint i = 0; fields[i]; i++)
    if (!strncmp (fields[i], key, n) && fields[i][n] == '=')
      return g_strstrip (g_strdup (fields[i] + n + 1));
  return g_strdup ("");
}

static void
probe_types (VideoRun * run)
{
  g_autofree gchar *frames = run_tool ("ffprobe", "-v error -select_streams v "
      "-show_entries frame=pts,pict_type -of compact=p=0 video.ts");
  g_auto (GStrv) lines = NULL;

  g_assert_nonnull (frames);
  lines = g_strsplit (frames, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    if (*lines[i])
      g_hash_table_insert (run->types, probe_value (lines[i], "pts"), probe_value (lines[i], "pict_type"));
  g_assert_cmpuint (g_hash_table_size (run->types), >, 30);
}

/* "16:15" */
static gdouble
ratio (const gchar * text)
{
  const gchar *colon = strchr (text, ':');

  g_assert_nonnull (colon);
  return g_ascii_strtod (text, NULL) / g_ascii_strtod (colon + 1, NULL);
}

static void
check_params (const AspVideoParams * p, const AspVideoParams * expected)
{
  g_autofree gchar *line = run_tool ("ffprobe", "-v error -select_streams v -show_entries "
      "stream=width,height,sample_aspect_ratio,r_frame_rate,level -of compact=p=0 video.ts");
  g_autofree gchar *got = NULL, *size = NULL;
  g_autofree gchar *width = NULL, *height = NULL, *sar = NULL, *rate = NULL, *level = NULL;

  g_assert_nonnull (line);
  g_strdelimit (line, "\n", '|');
  width = probe_value (line, "width");
  height = probe_value (line, "height");
  sar = probe_value (line, "sample_aspect_ratio");
  rate = probe_value (line, "r_frame_rate");
  level = probe_value (line, "level");
  size = g_strdup_printf ("%sx%s %s", width, height, rate);
  got = g_strdup_printf ("%ux%u %u/%u", p->width, p->height, p->fps_num, p->fps_den);
  g_assert_cmpstr (got, ==, size);
  /* in MPEG-1 a decimal fraction, which ffprobe brings to small numbers */
  g_assert_cmpfloat_with_epsilon ((gdouble) p->sar_num / p->sar_den, ratio (sar), 1e-4);
  if (p->level_idc)             /* MPEG-1 has none */
    g_assert_cmpuint (p->level_idc, ==, g_ascii_strtoull (level, NULL, 10));
  g_assert_cmpuint (p->profile_idc, ==, expected->profile_idc);
  g_assert_cmpuint (p->chroma_format_idc, ==, expected->chroma_format_idc);
  g_assert_cmpuint (p->bit_depth, ==, expected->bit_depth);
  g_assert_cmpint (p->interlaced, ==, expected->interlaced);
  if (expected->max_reorder != ANY)
    g_assert_cmpint (p->max_reorder, ==, expected->max_reorder);
}

static void
check_count (guint got, gint expected, gboolean some)
{
  if (expected != ANY)
    g_assert_cmpuint (got, ==, (guint) expected);
  else if (some)
    g_assert_cmpuint (got, >, 0);
}

static void
test_video (gconstpointer data)
{
  const VideoCase *c = data;
  VideoRun run = {.video = c };
  g_autofree gchar *command = NULL, *output = NULL;
  g_autoptr (GByteArray) ts = NULL;

  if (!have_encoder (c->encoder))
    return;
  command = g_strdup_printf ("-v error -nostdin -f lavfi -i testsrc2=r=25:d=1.6 -threads 1 "
      "-pix_fmt yuv420p -c:v %s %s -f mpegts -y video.ts", c->encoder, c->options);
  output = run_tool ("ffmpeg", command);
  g_assert_nonnull (output);
  run.types = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  probe_types (&run);
  ts = read_file ("video.ts");
  g_assert_cmpuint (test_ts_for_each_pes (ts->data, ts->len, on_video, &run), ==, 1);
  g_assert_cmpuint (run.pictures, ==, 40);
  g_assert_true (run.has_params);
  check_params (&run.params, &c->expected);
  check_count (run.counts[ASP_PICTURE_IDR] + run.counts[ASP_PICTURE_IDR_W_RADL], c->idr, TRUE);
  check_count (run.counts[ASP_PICTURE_CRA], c->cra, TRUE);
  check_count (run.counts[ASP_PICTURE_OPEN_I], c->open_i, FALSE);
  check_count (run.counts[ASP_PICTURE_RECOVERY_POINT], c->recovery, TRUE);
  check_count (run.counts[ASP_PICTURE_RADL], c->radl, TRUE);
  check_count (run.counts[ASP_PICTURE_RASL], c->rasl, TRUE);
  if (c->radl == ANY)
    g_assert_cmpuint (run.counts[ASP_PICTURE_IDR_W_RADL], >, 0);
  g_hash_table_unref (run.types);
}

typedef struct
{
  const gchar *name, *encoder, *format, *options;
  AspCodec codec;
  guint rate, channels, samples;
} AudioCase;

static const AudioCase audio_cases[] = {
  {"mp2-48000", "mp2", "mp2", "-ar 48000 -ac 2 -b:a 192k", ASP_CODEC_MPEG_AUDIO, 48000, 2, 1152},
  {"mp2-44100", "mp2", "mp2", "-ar 44100 -ac 2 -b:a 160k", ASP_CODEC_MPEG_AUDIO, 44100, 2, 1152},
  {"mp2-22050", "mp2", "mp2", "-ar 22050 -ac 1 -b:a 64k", ASP_CODEC_MPEG_AUDIO, 22050, 1, 1152},
  {"mp3-44100", "libmp3lame", "mp3", "-ar 44100 -ac 2 -b:a 128k -write_xing 0 -id3v2_version 0",
      ASP_CODEC_MPEG_AUDIO, 44100, 2, 1152},
  {"mp3-vbr", "libmp3lame", "mp3", "-ar 48000 -ac 1 -q:a 4 -write_xing 0 -id3v2_version 0",
      ASP_CODEC_MPEG_AUDIO, 48000, 1, 1152},
  {"mp3-22050", "libmp3lame", "mp3", "-ar 22050 -ac 2 -b:a 56k -write_xing 0 -id3v2_version 0",
      ASP_CODEC_MPEG_AUDIO, 22050, 2, 576},
  {"mp3-11025", "libmp3lame", "mp3", "-ar 11025 -ac 1 -b:a 24k -write_xing 0 -id3v2_version 0",
      ASP_CODEC_MPEG_AUDIO, 11025, 1, 576},
  {"adts-48000", "aac", "adts", "-ar 48000 -ac 2 -b:a 128k", ASP_CODEC_AAC_ADTS, 48000, 2, 1024},
  {"adts-5.1", "aac", "adts", "-ar 44100 -ac 6 -b:a 300k", ASP_CODEC_AAC_ADTS, 44100, 6, 1024},
  {"latm-48000", "aac", "latm", "-ar 48000 -ac 2 -b:a 128k", ASP_CODEC_AAC_LATM, 48000, 2, 1024},
  {"latm-22050", "aac", "latm", "-ar 22050 -ac 1 -b:a 32k", ASP_CODEC_AAC_LATM, 22050, 1, 1024},
  {"ac3-48000", "ac3", "ac3", "-ar 48000 -ac 6 -b:a 448k", ASP_CODEC_AC3, 48000, 6, 1536},
  {"ac3-44100", "ac3", "ac3", "-ar 44100 -ac 2 -b:a 192k", ASP_CODEC_AC3, 44100, 2, 1536},
  {"ac3-32000", "ac3", "ac3", "-ar 32000 -ac 1 -b:a 64k", ASP_CODEC_AC3, 32000, 1, 1536},
  {"eac3-48000", "eac3", "eac3", "-ar 48000 -ac 6 -b:a 256k", ASP_CODEC_EAC3, 48000, 6, 1536},
  {"eac3-44100", "eac3", "eac3", "-ar 44100 -ac 2 -b:a 96k", ASP_CODEC_EAC3, 44100, 2, 1536},
};

static void
test_audio (gconstpointer data)
{
  const AudioCase *c = data;
  g_autofree gchar *command = NULL, *output = NULL;
  g_autoptr (GByteArray) bytes = NULL;
  AspLatmState latm = { 0, };
  guint64 samples = 0;

  if (!have_encoder (c->encoder))
    return;
  command = g_strdup_printf ("-v error -nostdin -f lavfi -i sine=f=440:r=48000:d=2 -c:a %s %s -f %s -y audio.es",
      c->encoder, c->options, c->format);
  output = run_tool ("ffmpeg", command);
  g_assert_nonnull (output);
  bytes = read_file ("audio.es");
  g_assert_cmpint (asp_es_audio_find_sync (c->codec, bytes->data, bytes->len), ==, 0);
  for (gsize pos = 0; pos < bytes->len;) {
    AspAudioFrame f;

    g_assert_cmpint (asp_es_audio_frame (c->codec, bytes->data + pos, bytes->len - pos, &latm, &f), ==,
        ASP_AUDIO_OK);
    g_assert_cmpuint (f.size, <=, bytes->len - pos);
    g_assert_cmpuint (f.sample_rate, ==, c->rate);
    g_assert_cmpuint (f.channels, ==, c->channels);
    g_assert_cmpuint (f.samples, ==, c->samples);
    samples += f.samples;
    pos += f.size;
  }
  /* two seconds, and what the encoder adds at both ends */
  g_assert_cmpint (asp_audio_samples_to_90k (samples, c->rate), >=, 2 * 90000);
  g_assert_cmpint (asp_audio_samples_to_90k (samples, c->rate), <,
      2 * 90000 + 5 * 90000 * (gint64) c->samples / c->rate);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  work_dir = scratch_folder_new ("es");
  for (guint i = 0; i < G_N_ELEMENTS (video_cases); i++) {
    g_autofree gchar *name = g_strdup_printf ("/es/generated/%s", video_cases[i].name);

    g_test_add_data_func (name, &video_cases[i], test_video);
  }
  for (guint i = 0; i < G_N_ELEMENTS (audio_cases); i++) {
    g_autofree gchar *name = g_strdup_printf ("/es/generated/%s", audio_cases[i].name);

    g_test_add_data_func (name, &audio_cases[i], test_audio);
  }
  result = g_test_run ();
  g_free (work_dir);
  return result;
}
