/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/video/gstvideoencoder.h>

#include <asp-es-audio.h>
#include <asp-loudness.h>
#include <asp-rendition.h>
#include <asp-unit-mux.h>

G_BEGIN_DECLS

/*
 * Inside of adconditionbin. One decode: pictures are encoded as they come, sound is kept until
 * its loudness is known, and then encoded; the multiplex is written when all is there.
 *
 *   gstadconditionbin.c     properties, state, messages
 *   adcondition-chain.c     which elements stand between the decoder and the collector
 *   adcondition-encoder.c   encoders: which one, and how each is told what is wanted
 *   adcondition-mpeg2.c     element: MPEG-2 video, where GStreamer has no encoder that serves
 *   adcondition-frames.c    element: pictures onto the frames of the rendition
 *   adcondition-sound.c     element: keeps the sound of one form, measures it, lets it go on
 *   adcondition-collect.c   element: keeps what is encoded, writes the units at the end
 *   adcondition-measure.c   loudness of the programme, for loudness=match
 *   adcondition-job.c       what they share, and what one waits for
 *
 *   sink -> decodebin -+-> deinterlace -> frames -> scale -> encoder -> parser -> collect -> src
 *                      +-> convert -> resample -> sound -> encoder -> parser -----^
 */
#define AD_CONDITION_FORMS_MAX 4        /* different codecs, rates or layouts among the audio tracks */
#define AD_CONDITION_PCM_BYTES_MAX (256u << 20) /* decoded sound that is kept, all forms */
#define AD_CONDITION_HOLD_MAX_NS (2 * GST_SECOND)       /* the last picture stays for sound that goes on */
#define AD_CONDITION_HOLD_MIN_NS (100 * GST_MSECOND)    /* less is padding of the audio codec */

GST_DEBUG_CATEGORY_EXTERN (ad_condition_debug);

/*
 * What the elements inside share: settings, fixed before data flows, and what one learns and
 * another waits for. Lock: `lock`, innermost; nothing is pushed, posted or called under it.
 */
typedef struct
{
  gatomicrefcount refs;
  /* settings */
  AspRendition rendition;
  guint unit;                   /* frames */
  gdouble loudness_lufs;
  guint64 max_duration_ns;
  gboolean keep_video;          /* its pictures fit as they are: they are not decoded */
  /* learned */
  GMutex lock;
  GCond cond;
  gboolean flushing;            /* waits end */
  gboolean sources_known;       /* the decoder has shown all its streams */
  guint sounds, sounds_over;    /* forms that get sound; those whose end has come */
  GstClockTime sound_end_ns;    /* running time of the latest; 0 = none */
  gboolean video_over;
  GstClockTime video_first_ns;  /* running time of the first picture; NONE: none came */
  guint64 frames;               /* of the rendition, in all; when video_over */
  gsize pcm_bytes;              /* kept in all */
} AdConditionJob;

AdConditionJob *ad_condition_job_new (void);
AdConditionJob *ad_condition_job_ref (AdConditionJob * job);
void ad_condition_job_unref (AdConditionJob * job);     /* NULL is allowed */
void ad_condition_job_set_flushing (AdConditionJob * job);
void ad_condition_job_set_sources (AdConditionJob * job, guint sounds);
void ad_condition_job_sound_over (AdConditionJob * job, GstClockTime end_ns);
/* Waits until the sound is over. 0: there is none, or waiting was ended. */
GstClockTime ad_condition_job_wait_sound_end (AdConditionJob * job);
void ad_condition_job_video_over (AdConditionJob * job, guint64 frames);
/* Waits until the last picture has come. FALSE: none came, or waiting was ended. */
gboolean ad_condition_job_wait_video_over (AdConditionJob * job, guint64 * frames, GstClockTime * first_ns);
/* FALSE: AD_CONDITION_PCM_BYTES_MAX would be exceeded. */
gboolean ad_condition_job_keep_pcm (AdConditionJob * job, gsize size);

/* --- adcondition-frames.c --------------------------------------------------------- */

#define AD_TYPE_CONDITION_FRAMES (ad_condition_frames_get_type ())
G_DECLARE_FINAL_TYPE (AdConditionFrames, ad_condition_frames, AD, CONDITION_FRAMES, GstElement)

/* @per_frame: pictures for each coded frame: 2 where fields are made of them */
GstElement *ad_condition_frames_new (AdConditionJob * job, guint per_frame);

/* --- adcondition-sound.c ---------------------------------------------------------- */

#define AD_TYPE_CONDITION_SOUND (ad_condition_sound_get_type ())
G_DECLARE_FINAL_TYPE (AdConditionSound, ad_condition_sound, AD, CONDITION_SOUND, GstElement)

/* @delay: samples that the encoder behind it puts in front */
GstElement *ad_condition_sound_new (AdConditionJob * job, const AspRenditionTrack * track, guint delay);
/* Frames behind the encoder that hold nothing but its delay. */
guint ad_condition_sound_frames_to_drop (AdConditionSound * s);
/* No sound will come: it makes silence as long as the pictures, in a thread of its own. */
void ad_condition_sound_be_silent (AdConditionSound * s);
/* Loudness before and after, and the gain, as fields of @report; after its EOS. */
void ad_condition_sound_report (AdConditionSound * s, GstStructure * report);

/* --- adcondition-collect.c -------------------------------------------------------- */

#define AD_TYPE_CONDITION_COLLECT (ad_condition_collect_get_type ())
G_DECLARE_FINAL_TYPE (AdConditionCollect, ad_condition_collect, AD, CONDITION_COLLECT, GstElement)

/* All of it is over: @report is what the bin tells (transfer full). Called in a streaming
 * thread, without a lock, when the last buffer has gone out and before EOS. */
typedef void (*AdConditionDoneFunc) (AdConditionCollect * c, const AspUnits * units, GstStructure * report,
    gpointer user_data);

GstElement *ad_condition_collect_new (AdConditionJob * job, AdConditionDoneFunc done, gpointer user_data);

/**
 * ad_condition_collect_add_form:
 * @track: index of the rendition's track that is of this form; others of the same form share it
 * Returns: number of the form: its pad is es_N
 */
guint ad_condition_collect_add_form (AdConditionCollect * c, AdConditionSound * sound, guint track, guint to_drop);

/* --- adcondition-encoder.c -------------------------------------------------------- */

typedef struct
{
  GstElement *element;          /* floating */
  const gchar *raw;             /* caps that it wants, beyond size and rate; static */
  gchar *coded;                 /* caps behind it: profile; owned */
  guint delay;                  /* audio: samples in front */
} AdConditionEncoder;

/**
 * ad_condition_video_encoder:
 * @wanted: (nullable): "NAME [PROPERTY=VALUE ...]"; NULL: the first one of those known that is there
 * Returns: FALSE with a GST_CORE_ERROR_MISSING_PLUGIN, which says what to install
 */
gboolean ad_condition_video_encoder (const AspRendition * r, guint unit, guint bit_rate, const gchar * wanted,
    AdConditionEncoder * out, GError ** error);
gboolean ad_condition_audio_encoder (const AspRenditionTrack * t, gdouble loudness_lufs, const gchar * wanted,
    AdConditionEncoder * out, GError ** error);

/* --- adcondition-measure.c ----------------------------------------------------------- */

/* Loudness of the first audio of a file, which is decoded for that. FALSE: it has none. */
gboolean ad_condition_measure_programme (const gchar * path, gdouble * lufs);

/* --- adcondition-chain.c ---------------------------------------------------------- */

/* Adds to @bin what stands between a raw pad and the collector, and links it. All return FALSE
 * with @error set when an element is missing. */
gboolean ad_condition_chain_video (GstBin * bin, GstPad * raw, GstElement * collect, AdConditionJob * job,
    guint bit_rate, const gchar * encoder, GError ** error);
/* The same for coded pictures that are kept. */
gboolean ad_condition_chain_kept_video (GstBin * bin, GstPad * coded, GstElement * collect, const AdConditionJob * job,
    GError ** error);
/* @sounds: (array length=n_sounds): where it goes to */
gboolean ad_condition_chain_audio (GstBin * bin, GstPad * raw, GstElement ** sounds, guint n_sounds, GError ** error);
/* The sound of a form, its encoder, the collector. Returns: (transfer none): the first of them; NULL with @error */
GstElement *ad_condition_chain_encoder (GstBin * bin, GstElement * collect, AdConditionJob * job, guint track,
    const gchar * encoder, GError ** error);

G_END_DECLS
