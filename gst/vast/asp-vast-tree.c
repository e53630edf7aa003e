/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * XML into a small tree of our own, by libxml2's SAX events: a tree of libxml2 takes about
 * 120 bytes for each "<a/>" and text of it can come out of entities. The document goes in by
 * small pieces, so that the parser holds little of it.
 */
#include "asp-vast-private.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>

#define ARENA_BLOCK 16384
#define PIECE 4096
/* text and nodes together: the scan lets no document through that needs as much */
#define ARENA_MAX (6u << 20)

struct _AspVastTree
{
  GPtrArray *blocks;
  gsize block_left, total;
  guint8 *free;
  AspVastNode *root;
};

typedef struct
{
  AspVastTree *tree;
  AspVastNode *open;            /* element that is being read */
  GString *text;                /* what came of its text since the last tag */
  xmlParserCtxtPtr ctxt;
  const AspVastText *input;
  gsize at;                     /* in input */
  const gchar *refused;         /* why we stopped the parser */
} Builder;

static gpointer
arena_take (AspVastTree * t, gsize size)
{
  gpointer at;

  size = (size + 7) & ~(gsize) 7;
  if (size > t->block_left) {
    gsize block = MAX (size, (gsize) ARENA_BLOCK);

    if (t->total + block > ARENA_MAX)
      return NULL;
    t->free = g_malloc (block);
    g_ptr_array_add (t->blocks, t->free);
    t->total += block;
    t->block_left = block;
  }
  at = t->free;
  t->free += size;
  t->block_left -= size;
  return memset (at, 0, size);
}

static void
stop (Builder * b, const gchar * why)
{
  if (!b->refused)
    b->refused = why;
  xmlStopParser (b->ctxt);
}

static gpointer
take (Builder * b, gsize size)
{
  gpointer at = arena_take (b->tree, size);

  if (!at)
    stop (b, "the document needs more than 6 MiB of memory");
  return at;
}

static const gchar *
take_text (Builder * b, const gchar * text, gsize n)
{
  gchar *copy = take (b, n + 1);

  return copy && n > 0 ? memcpy (copy, text, n) : copy;
}

static AspVastNode *
add_node (Builder * b)
{
  AspVastNode *node = take (b, sizeof *node);

  if (!node)
    return NULL;
  node->parent = b->open;
  if (!b->open)
    b->tree->root = node;
  else if (b->open->last_child)
    b->open->last_child->next = node;
  else
    b->open->children = node;
  if (b->open)
    b->open->last_child = node;
  return node;
}

/* Text that is white space only stands between elements and says nothing. */
static void
flush_text (Builder * b)
{
  gsize i = 0;
  AspVastNode *node;

  while (i < b->text->len && g_ascii_isspace (b->text->str[i]))
    i++;
  if (i < b->text->len && b->open && !b->refused && (node = add_node (b)))
    node->text = take_text (b, b->text->str, b->text->len);
  g_string_truncate (b->text, 0);
}

static void
add_attribute (Builder * b, AspVastNode * node, const xmlChar ** attribute)
{
  AspVastAttribute *a = take (b, sizeof *a);

  if (!a)
    return;
  a->name = take_text (b, (const gchar *) attribute[0], strlen ((const gchar *) attribute[0]));
  a->value = take_text (b, (const gchar *) attribute[3], (gsize) (attribute[4] - attribute[3]));
  a->next = node->attributes;
  if (a->name && a->value)
    node->attributes = a;
}

static void
on_start (void *user_data, const xmlChar * name, const xmlChar * prefix, const xmlChar * uri,
    int n_namespaces, const xmlChar ** namespaces, int n_attributes, int n_defaulted,
    const xmlChar ** attributes)
{
  Builder *b = user_data;
  AspVastNode *node;

  flush_text (b);
  if (b->refused || !(node = add_node (b)))
    return;
  node->name = take_text (b, (const gchar *) name, strlen ((const gchar *) name));
  /* backwards: the list grows in front */
  for (int i = n_attributes - 1; i >= 0; i--)
    add_attribute (b, node, attributes + 5 * i);
  b->open = node;
}

static void
on_end (void *user_data, const xmlChar * name, const xmlChar * prefix, const xmlChar * uri)
{
  Builder *b = user_data;

  flush_text (b);
  if (b->open)
    b->open = b->open->parent;
}

static void
on_text (void *user_data, const xmlChar * text, int n)
{
  Builder *b = user_data;

  if (b->refused || n <= 0)
    return;
  if (b->text->len + (gsize) n > ASP_VAST_TEXT_MAX)
    stop (b, "the text of an element is longer than 256 KiB");
  else
    g_string_append_len (b->text, (const gchar *) text, n);
}

/* asp_vast_scan() has refused it; should the two ever read a document differently, it ends here. */
static void
on_doctype (void *user_data, const xmlChar * name, const xmlChar * external, const xmlChar * system)
{
  stop (user_data, "a DOCTYPE, which is refused for what it can do");
}

static int
on_read (void *user_data, char *buffer, int size)
{
  Builder *b = user_data;
  gsize n = MIN (MIN ((gsize) MAX (size, 0), (gsize) PIECE), b->input->size - b->at);

  memcpy (buffer, b->input->text + b->at, n);
  b->at += n;
  return (int) n;
}

static void
set_error (const Builder * b, GError ** error)
{
  const xmlError *last = xmlCtxtGetLastError (b->ctxt);
  guint line = b->input->lines_before + (last && last->line > 0 ? (guint) last->line : 1);
  g_autofree gchar *message = NULL;

  if (b->refused) {
    g_set_error (error, ASP_VAST_ERROR, ASP_AD_CODE_XML, "The document was refused: %s", b->refused);
    return;
  }
  message = g_utf8_make_valid (last && last->message ? last->message : "it is not well-formed", -1);
  g_set_error (error, ASP_VAST_ERROR, ASP_AD_CODE_XML, "The document is not XML, line %u: %s", line,
      g_strstrip (message));
}

static gpointer
init_libxml (gpointer data)
{
  xmlInitParser ();
  return NULL;
}

static gboolean
run_parser (Builder * b, GError ** error)
{
  static GOnce once = G_ONCE_INIT;
  gboolean ok;

  g_once (&once, init_libxml, NULL);
  b->ctxt = xmlNewParserCtxt ();
  if (!b->ctxt) {
    g_set_error_literal (error, ASP_VAST_ERROR, ASP_AD_CODE_XML, "There is no memory for a parser");
    return FALSE;
  }
  memset (b->ctxt->sax, 0, sizeof *b->ctxt->sax);
  b->ctxt->sax->initialized = XML_SAX2_MAGIC;
  b->ctxt->sax->internalSubset = on_doctype;
  b->ctxt->sax->startElementNs = on_start;
  b->ctxt->sax->endElementNs = on_end;
  b->ctxt->sax->characters = on_text;
  b->ctxt->sax->ignorableWhitespace = on_text;
  b->ctxt->sax->cdataBlock = on_text;
  b->ctxt->userData = b;
  xmlCtxtReadIO (b->ctxt, on_read, NULL, b, NULL, "UTF-8",
      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  ok = b->ctxt->wellFormed && !b->refused && b->tree->root;
  if (!ok)
    set_error (b, error);
  xmlFreeParserCtxt (b->ctxt);
  return ok;
}

AspVastTree *
asp_vast_tree_parse (const AspVastText * text, GError ** error)
{
  g_autoptr (AspVastTree) tree = g_new0 (AspVastTree, 1);
  Builder b = {.tree = tree,.input = text };
  gboolean ok;

  tree->blocks = g_ptr_array_new_with_free_func (g_free);
  b.text = g_string_new (NULL);
  ok = run_parser (&b, error);
  g_string_free (b.text, TRUE);
  return ok ? g_steal_pointer (&tree) : NULL;
}

void
asp_vast_tree_free (AspVastTree * tree)
{
  if (!tree)
    return;
  g_ptr_array_unref (tree->blocks);
  g_free (tree);
}

const AspVastNode *
asp_vast_tree_root (const AspVastTree * tree)
{
  return tree->root;
}
