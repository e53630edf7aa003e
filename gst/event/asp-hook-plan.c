/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hook-plan.h"

#include <asp-json-reader.h>
#include <string.h>

#define PLACE_VERSION 1
#define NAME_MAX_BYTES 128
#define DOUBLINGS_MAX 16

gint64
asp_hook_backoff_ms (guint failures, gdouble chance)
{
  gint64 wait_ms = (gint64) ASP_HOOK_RETRY_MIN_MS << MIN (MAX (failures, 1) - 1, DOUBLINGS_MAX);

  wait_ms = MIN (wait_ms, ASP_HOOK_RETRY_MAX_MS);
  return wait_ms * 3 / 4 + (gint64) (CLAMP (chance, 0, 1) * (gdouble) wait_ms / 2);
}

static const gchar *
error_text (gint error)
{
  switch (error) {
    case ASP_HTTP_CLIENT_ERROR_URL:
      return "its URL is none that can be called (http or https)";
    case ASP_HTTP_CLIENT_ERROR_ADDRESS:
      return "its address is not public; allow it in the configuration if that is meant";
    case ASP_HTTP_CLIENT_ERROR_REQUEST:
      return "one of its headers cannot be sent";
    case ASP_HTTP_CLIENT_ERROR_RESOLVE:
      return "its name has no address";
    case ASP_HTTP_CLIENT_ERROR_CONNECT:
      return "there is no connection to it";
    case ASP_HTTP_CLIENT_ERROR_TLS:
      return "its certificate is not trusted, or it wants one";
    case ASP_HTTP_CLIENT_ERROR_TIMEOUT:
      return "it does not answer in time";
    case ASP_HTTP_CLIENT_ERROR_BUSY:
      return "too many requests wait here already";
    default:
      return "it breaks off, or speaks no HTTP";
  }
}

gchar *
asp_hook_why (guint status, gint error)
{
  if (status == 0)
    return g_strdup (error_text (error));
  if (status >= 300 && status < 400)
    return g_strdup_printf ("it redirects (%u), which is not followed; configure the URL that it means", status);
  return g_strdup_printf ("it answers %u", status);
}

gchar *
asp_hook_signature (const gchar * secret, const gchar * body)
{
  g_autofree gchar *hex = g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *) secret, strlen (secret),
      body, -1);

  return g_strconcat ("sha256=", hex, NULL);
}

gchar **
asp_hook_headers (const gchar * const *lines, guint * bad)
{
  GPtrArray *out = g_ptr_array_new ();

  *bad = 0;
  for (guint i = 0; lines && lines[i]; i++) {
    const gchar *colon = strchr (lines[i], ':');

    if (colon && colon > lines[i]) {
      g_ptr_array_add (out, g_strstrip (g_strndup (lines[i], colon - lines[i])));
      g_ptr_array_add (out, g_strstrip (g_strdup (colon + 1)));
    } else {
      (*bad)++;
    }
  }
  g_ptr_array_add (out, NULL);
  return (gchar **) g_ptr_array_free (out, FALSE);
}

gboolean
asp_hook_wants (const gchar * const *channels, const AspEvent * event)
{
  return !channels || (event->channel && g_strv_contains (channels, event->channel));
}

gboolean
asp_hook_name_is_good (const gchar * name)
{
  gsize size = name ? strlen (name) : 0;

  return size > 0 && size <= NAME_MAX_BYTES && strspn (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_") == size;
}

GBytes *
asp_hook_place_write (guint64 number)
{
  gchar *text = g_strdup_printf ("{\"version\":%d,\"number\":%" G_GUINT64_FORMAT "}", PLACE_VERSION, number);

  return g_bytes_new_take (text, strlen (text));
}

gboolean
asp_hook_place_read (GBytes * value, guint64 * number)
{
  gsize size;
  const gchar *text = g_bytes_get_data (value, &size);
  g_autoptr (AspJson) root = asp_json_parse (text, size, NULL);
  gint64 version, place;

  if (!asp_json_integer (asp_json_member (root, "version"), &version) || version != PLACE_VERSION ||
      !asp_json_integer (asp_json_member (root, "number"), &place) || place < 0)
    return FALSE;
  *number = (guint64) place;
  return TRUE;
}
