/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-vast.h"

G_BEGIN_DECLS

/* --- text: asp-vast-text.c ------------------------------------------------------------- */

/* A document as UTF-8, without byte order mark and XML declaration. */
typedef struct
{
  const gchar *text;
  gsize size;
  guint lines_before;           /* of what was cut off in front */
  gchar *owned;                 /* the text, when it had to be converted */
} AspVastText;

/* FALSE with ASP_VAST_ERROR. Release with asp_vast_text_clear(). */
gboolean asp_vast_text_open (AspVastText * text, const gchar * data, gsize size,
    const gchar * charset, GError ** error);
void asp_vast_text_clear (AspVastText * text);

/* Counts what an XML parser would have to hold, before one sees it (asp-vast-scan.c). FALSE
 * with ASP_VAST_ERROR when a limit is exceeded, or there is a DOCTYPE. */
gboolean asp_vast_scan (const AspVastText * text, GError ** error);

/* --- tree: asp-vast-tree.c, the only file that knows libxml2 ---------------------------- */

typedef struct _AspVastAttribute AspVastAttribute;
struct _AspVastAttribute
{
  AspVastAttribute *next;
  const gchar *name, *value;
};

/* An element (name set) or a text (text set). Prefixes and namespaces are gone. */
typedef struct _AspVastNode AspVastNode;
struct _AspVastNode
{
  AspVastNode *next, *children, *last_child, *parent;
  const gchar *name, *text;
  AspVastAttribute *attributes;
};

typedef struct _AspVastTree AspVastTree;

/* NULL with ASP_VAST_ERROR. @text has passed asp_vast_scan(). */
AspVastTree *asp_vast_tree_parse (const AspVastText * text, GError ** error);
void asp_vast_tree_free (AspVastTree * tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspVastTree, asp_vast_tree_free)
const AspVastNode *asp_vast_tree_root (const AspVastTree * tree);

/* --- nodes: asp-vast-node.c. Names in any case; NULL as node is welcome. ---------------- */

gboolean asp_vast_is (const AspVastNode * node, const gchar * name);
/* The first child element, the next sibling element; @name NULL = any. */
const AspVastNode *asp_vast_child (const AspVastNode * node, const gchar * name);
const AspVastNode *asp_vast_next (const AspVastNode * node, const gchar * name);
/* NULL when it is missing or only white space; white space around it is gone. (transfer none)
 * for an attribute, (transfer full) for the texts. */
const gchar *asp_vast_attribute (const AspVastNode * node, const gchar * name);
gchar *asp_vast_attribute_text (const AspVastNode * node, const gchar * name);
gchar *asp_vast_text_of (const AspVastNode * node);
gchar *asp_vast_child_text (const AspVastNode * node, const gchar * name);
/* For an error's sentence: at most 40 characters, valid UTF-8. (transfer full) */
gchar *asp_vast_quote (const gchar * text);
/* "true", "1", "yes" and their opposites; else @otherwise. */
gboolean asp_vast_flag (const AspVastNode * node, const gchar * name, gboolean otherwise);
/* 0 = missing or no number. */
guint asp_vast_number (const AspVastNode * node, const gchar * name);
/* The content as XML, NULL when empty or longer than ASP_VAST_EXTENSION_MAX. */
gchar *asp_vast_inner_xml (const AspVastNode * node);

/* --- ads: what is being read, and what was left out ------------------------------------- */

typedef struct
{
  AspAdResponse *response;
} AspVastReader;

/* Counts one part that is left out. @why is a sentence's middle: "a tracker has no URL". */
void asp_vast_drop (AspVastReader * r, const gchar * why);
/* The text of @node as URL: line ends inside are taken out. NULL, counted, when there is none
 * or it is too long. */
gchar *asp_vast_url (AspVastReader * r, const AspVastNode * node);
gchar *asp_vast_child_url (AspVastReader * r, const AspVastNode * node, const gchar * name);
/* Adds @part (transfer full) unless the list is full, then it is counted. */
void asp_vast_add (AspVastReader * r, GPtrArray ** list, gpointer part, guint max);
/* All children @name of @node as trackers of @event. */
void asp_vast_add_trackers (AspVastReader * r, GPtrArray ** list, const AspVastNode * node,
    const gchar * name, const gchar * event);
/* TrackingEvents/Tracking of @node, in all TrackingEvents that it has. */
void asp_vast_add_tracking (AspVastReader * r, GPtrArray ** list, const AspVastNode * node);

/* asp-vast-document.c */
AspAdResponse *asp_vast_read_document (const AspVastNode * root, GError ** error);
/* asp-vast-ad.c */
void asp_vast_read_ads (AspVastReader * r, const AspVastNode * vast);
/* asp-vast-creative.c */
void asp_vast_read_creatives (AspVastReader * r, AspAd * ad, const AspVastNode * body);
/* asp-vast-linear.c */
void asp_vast_read_linear (AspVastReader * r, AspAdCreative * creative, const AspVastNode * linear);
/* Anything but MediaFile, also where an extension has it (CTV Addendum 2024). */
void asp_vast_read_side_media (AspVastReader * r, AspAdCreative * creative,
    const AspVastNode * parent);
void asp_vast_read_universal_ids (AspVastReader * r, AspAdCreative * creative,
    const AspVastNode * parent);
/* asp-vast-display.c */
void asp_vast_read_icons (AspVastReader * r, AspAdCreative * creative, const AspVastNode * parent);
void asp_vast_read_companions (AspVastReader * r, AspAdCreative * creative,
    const AspVastNode * companions);
void asp_vast_read_non_linears (AspVastReader * r, AspAdCreative * creative,
    const AspVastNode * non_linears);
/* asp-vast-extension.c */
void asp_vast_read_verifications (AspVastReader * r, AspAd * ad, const AspVastNode * parent);
void asp_vast_read_extensions (AspVastReader * r, AspAd * ad, const AspVastNode * body);
void asp_vast_read_creative_extensions (AspVastReader * r, AspAd * ad, AspAdCreative * creative,
    const AspVastNode * creative_node);

G_END_DECLS
