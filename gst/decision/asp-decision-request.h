/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-scte35.h>

G_BEGIN_DECLS

/*
 * The request to the ad server, made of a template and variables, with MediaTailor's names
 * and habits: "[session.avail_duration_secs]" in a URL, "{{session.avail_duration_secs}}" in a
 * header or body; session., avail., scte., player_params. and asset. are its namespaces. What
 * is known to be a variable and has no value becomes nothing, and is counted; any other bracket
 * stays (IAB's macros are filled later).
 *
 * In a URL values are percent-encoded; those of player_params are put in as they were given, as
 * MediaTailor does, but for what no URL can hold. In a JSON body they are escaped for JSON.
 *
 * Thread: one at a time; pure. Since: 0.1
 */
#define ASP_DECISION_URL_MAX 25000      /* bytes of the request's URL; MediaTailor's limit */
#define ASP_DECISION_VARIABLE_MAX 25000 /* bytes of one value */
#define ASP_DECISION_BODY_MAX (256u << 10)

typedef struct _AspDecisionVars AspDecisionVars;

AspDecisionVars *asp_decision_vars_new (void);
void asp_decision_vars_free (AspDecisionVars * vars);   /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspDecisionVars, asp_decision_vars_free)

/* @name in any case: "session.id", "player_params.device"; @value NULL = none. One that is too
 * long is left out. */
void asp_decision_vars_set (AspDecisionVars * vars, const gchar * name, const gchar * value);

/* avail.* and session.avail_duration_*. @duration_90k 0 = not known: 300 s as MediaTailor says
 * then. @random: 0 .. 10000000000. @source_epoch_ms: date of the programme where the avail
 * begins, < 0 = not known. */
void asp_decision_vars_set_avail (AspDecisionVars * vars, gint64 duration_90k, guint index,
    guint64 random, gint64 source_epoch_ms);

/* scte.*, of the cue that opened the avail. */
void asp_decision_vars_set_scte35 (AspDecisionVars * vars, const AspScte35Section * section);

/* ConfigurationAliases: where the player's @parameter ("player_params.region") is @alias, its
 * value is @value. A parameter that has aliases and is none of them has no value. */
void asp_decision_vars_add_alias (AspDecisionVars * vars, const gchar * parameter,
    const gchar * alias, const gchar * value);

typedef enum
{
  ASP_DECISION_ESCAPE_NONE,
  ASP_DECISION_ESCAPE_URL,
  ASP_DECISION_ESCAPE_JSON,
  ASP_DECISION_ESCAPE_HEADER,   /* control characters are taken out */
} AspDecisionEscape;

/* @missing: (inout) (nullable): grows by the variables without value. ASP_DECISION_ESCAPE_URL
 * takes "[x]", all others "{{x}}". (transfer full) */
gchar *asp_decision_expand (const gchar * text, const AspDecisionVars * vars,
    AspDecisionEscape escape, guint * missing);

/* As configured. Pointers are borrowed. */
typedef struct
{
  const gchar *url;
  const gchar *method;          /* NULL = GET; "POST" */
  const gchar *const *headers;  /* name, value, ..., NULL */
  const gchar *body;            /* of POST */
  gboolean gzip;                /* of POST */
} AspDecisionTemplate;

typedef struct
{
  gchar *url;
  gchar *method;
  gchar **headers;              /* name, value, ..., NULL */
  gchar *body;                  /* NULL = none */
  gchar *body_type;             /* Content-Type of the headers, NULL = not said */
  gboolean gzip;
  guint missing;                /* variables without value */
} AspDecisionRequest;

/* FALSE: the URL or body would be too long, @why says it in a sentence (static). */
gboolean asp_decision_request_init (AspDecisionRequest * request,
    const AspDecisionTemplate * template, const AspDecisionVars * vars, const gchar ** why);
void asp_decision_request_clear (AspDecisionRequest * request);

G_END_DECLS
