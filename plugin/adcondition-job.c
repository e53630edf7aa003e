/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adcondition-private.h"

AdConditionJob *
ad_condition_job_new (void)
{
  AdConditionJob *job = g_new0 (AdConditionJob, 1);

  g_atomic_ref_count_init (&job->refs);
  g_mutex_init (&job->lock);
  g_cond_init (&job->cond);
  job->video_first_ns = GST_CLOCK_TIME_NONE;
  return job;
}

AdConditionJob *
ad_condition_job_ref (AdConditionJob * job)
{
  g_atomic_ref_count_inc (&job->refs);
  return job;
}

void
ad_condition_job_unref (AdConditionJob * job)
{
  if (!job || !g_atomic_ref_count_dec (&job->refs))
    return;
  g_mutex_clear (&job->lock);
  g_cond_clear (&job->cond);
  g_free (job);
}

void
ad_condition_job_set_flushing (AdConditionJob * job)
{
  g_mutex_lock (&job->lock);
  job->flushing = TRUE;
  g_cond_broadcast (&job->cond);
  g_mutex_unlock (&job->lock);
}

void
ad_condition_job_set_sources (AdConditionJob * job, guint sounds)
{
  g_mutex_lock (&job->lock);
  job->sources_known = TRUE;
  job->sounds = sounds;
  g_cond_broadcast (&job->cond);
  g_mutex_unlock (&job->lock);
}

void
ad_condition_job_sound_over (AdConditionJob * job, GstClockTime end_ns)
{
  g_mutex_lock (&job->lock);
  job->sounds_over++;
  if (GST_CLOCK_TIME_IS_VALID (end_ns))
    job->sound_end_ns = MAX (job->sound_end_ns, end_ns);
  g_cond_broadcast (&job->cond);
  g_mutex_unlock (&job->lock);
}

GstClockTime
ad_condition_job_wait_sound_end (AdConditionJob * job)
{
  GstClockTime end_ns;

  g_mutex_lock (&job->lock);
  while (!job->flushing && !(job->sources_known && job->sounds_over >= job->sounds))
    g_cond_wait (&job->cond, &job->lock);
  end_ns = job->flushing ? 0 : job->sound_end_ns;
  g_mutex_unlock (&job->lock);
  return end_ns;
}

void
ad_condition_job_video_over (AdConditionJob * job, guint64 frames)
{
  g_mutex_lock (&job->lock);
  job->video_over = TRUE;
  job->frames = frames;
  g_cond_broadcast (&job->cond);
  g_mutex_unlock (&job->lock);
}

gboolean
ad_condition_job_wait_video_over (AdConditionJob * job, guint64 * frames, GstClockTime * first_ns)
{
  gboolean ok;

  g_mutex_lock (&job->lock);
  while (!job->flushing && !job->video_over)
    g_cond_wait (&job->cond, &job->lock);
  ok = !job->flushing && job->frames > 0;
  *frames = job->frames;
  *first_ns = job->video_first_ns;
  g_mutex_unlock (&job->lock);
  return ok;
}

gboolean
ad_condition_job_keep_pcm (AdConditionJob * job, gsize size)
{
  gboolean room;

  g_mutex_lock (&job->lock);
  room = size <= AD_CONDITION_PCM_BYTES_MAX - job->pcm_bytes;
  if (room)
    job->pcm_bytes += size;
  g_mutex_unlock (&job->lock);
  return room;
}
