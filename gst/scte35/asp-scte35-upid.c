/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-scte35-private.h"

#include <string.h>

#include <asp-bits.h>

#define UMID_SIZE 32
#define ISAN_OLD_SIZE 8
#define ISAN_SIZE 12
#define TI_SIZE 8
#define EIDR_SIZE 12
#define UUID_SIZE 16
#define MPU_FORMAT_SIZE 4

static void
upid_clear (gpointer data)
{
  AspScte35Upid *upid = data;

  g_clear_pointer (&upid->segmentation_upid, g_bytes_unref);
}

GArray *
asp_scte35_mid_split (GBytes * upid)
{
  GArray *list = g_array_new (FALSE, TRUE, sizeof (AspScte35Upid));
  gsize size = 0;
  gconstpointer data = upid ? g_bytes_get_data (upid, &size) : NULL;
  AspBits b;

  g_array_set_clear_func (list, upid_clear);
  asp_bits_init (&b, data, size);
  while (asp_bits_left (&b) > 0) {
    AspScte35Upid item;

    item.segmentation_upid_type = (guint8) asp_bits_get (&b, 8);
    item.segmentation_upid = asp_scte35_get_bytes (&b, asp_bits_get (&b, 8));
    g_array_append_val (list, item);
  }
  if (b.error)
    g_clear_pointer (&list, g_array_unref);
  return list;
}

static void
append_hex (GString * s, const guint8 * data, gsize size, gsize group, gchar separator)
{
  for (gsize i = 0; i < size; i++) {
    if (i > 0 && group > 0 && i % group == 0)
      g_string_append_c (s, separator);
    g_string_append_printf (s, "%02X", data[i]);
  }
}

static gboolean
is_printable (const guint8 * data, gsize size)
{
  for (gsize i = 0; i < size; i++) {
    if (!g_ascii_isprint ((gchar) data[i]))
      return FALSE;
  }
  return size > 0;
}

/* The check character of ISO 7064 MOD 37,36 over hexadecimal digits, as ISAN (ISO 15706)
 * and EIDR write it behind an id. */
static gchar
check_character (const guint8 * data, gsize size)
{
  guint p = 36;

  for (gsize i = 0; i < size * 2; i++) {
    guint digit = i & 1 ? data[i / 2] & 0x0f : data[i / 2] >> 4;
    guint s = (p + digit) % 36;

    p = (s == 0 ? 36 : s) * 2 % 37;
  }
  p = (37 - p) % 36;
  return (gchar) (p < 10 ? '0' + p : 'A' + p - 10);
}

/* 10.5240/7791-8534-2C23-9030-8610-5 */
static void
append_eidr (GString * s, const guint8 * data)
{
  g_string_append_printf (s, "10.%u/", (data[0] << 8) | data[1]);
  append_hex (s, data + 2, EIDR_SIZE - 2, 2, '-');
  g_string_append_printf (s, "-%c", check_character (data + 2, EIDR_SIZE - 2));
}

/* 0000-0000-3A8D-0000-Z-0000-0000-6: the first check character is of the first 8 bytes,
 * the second of all 12. */
static void
append_isan (GString * s, const guint8 * data, gsize size)
{
  append_hex (s, data, ISAN_OLD_SIZE, 2, '-');
  g_string_append_printf (s, "-%c", check_character (data, ISAN_OLD_SIZE));
  if (size == ISAN_OLD_SIZE)
    return;
  g_string_append_c (s, '-');
  append_hex (s, data + ISAN_OLD_SIZE, ISAN_SIZE - ISAN_OLD_SIZE, 2, '-');
  g_string_append_printf (s, "-%c", check_character (data, ISAN_SIZE));
}

static void
append_uuid (GString * s, const guint8 * data)
{
  static const gsize groups[] = { 4, 2, 2, 2, 6 };

  for (gsize i = 0; i < G_N_ELEMENTS (groups); i++) {
    if (i > 0)
      g_string_append_c (s, '-');
    append_hex (s, data, groups[i], 0, 0);
    data += groups[i];
  }
}

static gboolean
append_by_size (GString * s, guint8 type, const guint8 * data, gsize size)
{
  if (type == ASP_SCTE35_UPID_UMID && size == UMID_SIZE)
    append_hex (s, data, size, 4, '.');
  else if (type == ASP_SCTE35_UPID_ISAN_OLD && size == ISAN_OLD_SIZE)
    append_isan (s, data, size);
  else if (type == ASP_SCTE35_UPID_ISAN && size == ISAN_SIZE)
    append_isan (s, data, size);
  else if (type == ASP_SCTE35_UPID_TI && size == TI_SIZE)
    append_hex (s, data, size, 0, 0);
  else if (type == ASP_SCTE35_UPID_EIDR && size == EIDR_SIZE)
    append_eidr (s, data);
  else if (type == ASP_SCTE35_UPID_UUID && size == UUID_SIZE)
    append_uuid (s, data);
  else
    return FALSE;
  return TRUE;
}

static gboolean
type_is_text (guint8 type)
{
  switch (type) {
    case ASP_SCTE35_UPID_USER_DEFINED:
    case ASP_SCTE35_UPID_ISCI:
    case ASP_SCTE35_UPID_AD_ID:
    case ASP_SCTE35_UPID_TID:
    case ASP_SCTE35_UPID_ADI:
    case ASP_SCTE35_UPID_ADS:
    case ASP_SCTE35_UPID_URI:
    case ASP_SCTE35_UPID_SCR:
      return TRUE;
    default:
      return FALSE;
  }
}

static void
append_upid (GString * s, guint8 type, GBytes * bytes)
{
  gsize size = 0;
  const guint8 *data = bytes ? g_bytes_get_data (bytes, &size) : NULL;

  if (type_is_text (type) && is_printable (data, size)) {
    g_string_append_len (s, (const gchar *) data, (gssize) size);
  } else if (type == ASP_SCTE35_UPID_MPU && size >= MPU_FORMAT_SIZE
      && is_printable (data, MPU_FORMAT_SIZE)) {
    g_string_append_len (s, (const gchar *) data, MPU_FORMAT_SIZE);
    g_string_append_c (s, ':');
    append_hex (s, data + MPU_FORMAT_SIZE, size - MPU_FORMAT_SIZE, 0, 0);
  } else if (size > 0 && !append_by_size (s, type, data, size)) {
    append_hex (s, data, size, 0, 0);
  }
}

gchar *
asp_scte35_upid_to_string (guint8 segmentation_upid_type, GBytes * upid)
{
  GString *s = g_string_new (NULL);
  GArray *list =
      segmentation_upid_type == ASP_SCTE35_UPID_MID ? asp_scte35_mid_split (upid) : NULL;

  if (!list) {
    append_upid (s, segmentation_upid_type, upid);
    return g_string_free (s, FALSE);
  }
  g_string_append_c (s, '[');
  for (guint i = 0; i < list->len; i++) {
    const AspScte35Upid *item = &g_array_index (list, AspScte35Upid, i);

    /* a MID in a MID is not allowed (10.3.3.4); it comes out in hexadecimal */
    g_string_append_printf (s, "%s%s ", i ? ", " : "",
        asp_scte35_upid_type_name (item->segmentation_upid_type));
    append_upid (s, item->segmentation_upid_type, item->segmentation_upid);
  }
  g_string_append_c (s, ']');
  g_array_unref (list);
  return g_string_free (s, FALSE);
}
