/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-vetted.h"

/* Of one answer; more are not tried. */
#define ADDRESSES_MAX 16

typedef struct
{
  GNetworkAddress parent;
  AspHttpAllow *allow;
} AspHttpVetted;

typedef struct
{
  GSocketAddressEnumerator parent;
  AspHttpVetted *target;
  GList *addresses;             /* GInetAddress, vetted, still to be tried */
  gboolean resolved;
} AspHttpVettedEnumerator;

static GType vetted_type, enumerator_type;
static gpointer vetted_parent_class, enumerator_parent_class;

static const gchar *
host_of (AspHttpVettedEnumerator * e)
{
  return g_network_address_get_hostname (G_NETWORK_ADDRESS (e->target));
}

/* FALSE when one address of the answer may not be had: an honest name has no such, and one
 * that mixes them in hopes for the second try. */
static gboolean
take_answer (AspHttpVettedEnumerator * e, GList * addresses, GError ** error)
{
  gboolean any = asp_http_allow_host (e->target->allow, host_of (e));

  e->resolved = TRUE;
  for (GList * l = addresses; l && !any; l = l->next) {
    const gchar *kind = asp_http_vet_address (e->target->allow,
        g_inet_address_to_bytes (l->data), g_inet_address_get_native_size (l->data));

    if (kind) {
      g_autofree gchar *text = g_inet_address_to_string (l->data);

      g_set_error (error, ASP_HTTP_VET_ERROR, ASP_HTTP_VET_ERROR_ADDRESS, "%s is not fetched from: "
          "its name leads to %s, a %s address; allow it in the configuration if that is meant",
          host_of (e), text, kind);
      return FALSE;
    }
  }
  e->addresses = g_list_copy_deep (addresses, (GCopyFunc) (void (*)(void)) g_object_ref, NULL);
  while (g_list_length (e->addresses) > ADDRESSES_MAX) {
    GList *last = g_list_last (e->addresses);

    g_object_unref (last->data);
    e->addresses = g_list_delete_link (e->addresses, last);
  }
  return TRUE;
}

static GSocketAddress *
pop (AspHttpVettedEnumerator * e)
{
  g_autoptr (GInetAddress) address = e->addresses ? e->addresses->data : NULL;

  if (!address)
    return NULL;
  e->addresses = g_list_delete_link (e->addresses, e->addresses);
  return g_inet_socket_address_new (address,
      g_network_address_get_port (G_NETWORK_ADDRESS (e->target)));
}

static GSocketAddress *
vetted_next (GSocketAddressEnumerator * enumerator, GCancellable * cancellable, GError ** error)
{
  AspHttpVettedEnumerator *e = (AspHttpVettedEnumerator *) enumerator;

  if (!e->resolved) {
    g_autoptr (GResolver) resolver = g_resolver_get_default ();
    GList *answer = g_resolver_lookup_by_name (resolver, host_of (e), cancellable, error);
    gboolean good = answer && take_answer (e, answer, error);

    g_resolver_free_addresses (answer);
    if (!good)
      return NULL;
  }
  return pop (e);
}

static void
on_resolved (GObject * resolver, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AspHttpVettedEnumerator *e = g_task_get_source_object (task);
  GError *error = NULL;
  GList *answer = g_resolver_lookup_by_name_finish (G_RESOLVER (resolver), result, &error);

  if (answer && take_answer (e, answer, &error))
    g_task_return_pointer (task, pop (e), g_object_unref);
  else
    g_task_return_error (task, error);
  g_resolver_free_addresses (answer);
}

static void
vetted_next_async (GSocketAddressEnumerator * enumerator, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  AspHttpVettedEnumerator *e = (AspHttpVettedEnumerator *) enumerator;
  GTask *task = g_task_new (e, cancellable, callback, user_data);
  g_autoptr (GResolver) resolver = NULL;

  if (e->resolved) {
    g_task_return_pointer (task, pop (e), g_object_unref);
    g_object_unref (task);
    return;
  }
  resolver = g_resolver_get_default ();
  g_resolver_lookup_by_name_async (resolver, host_of (e), cancellable, on_resolved, task);
}

static GSocketAddress *
vetted_next_finish (GSocketAddressEnumerator * enumerator, GAsyncResult * result, GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
vetted_enumerator_finalize (GObject * object)
{
  AspHttpVettedEnumerator *e = (AspHttpVettedEnumerator *) object;

  g_list_free_full (e->addresses, g_object_unref);
  g_object_unref (e->target);
  G_OBJECT_CLASS (enumerator_parent_class)->finalize (object);
}

static void
enumerator_class_init (gpointer klass, gpointer data)
{
  GSocketAddressEnumeratorClass *enumerator = G_SOCKET_ADDRESS_ENUMERATOR_CLASS (klass);

  enumerator_parent_class = g_type_class_peek_parent (klass);
  enumerator->next = vetted_next;
  enumerator->next_async = vetted_next_async;
  enumerator->next_finish = vetted_next_finish;
  G_OBJECT_CLASS (klass)->finalize = vetted_enumerator_finalize;
}

static GSocketAddressEnumerator *
vetted_enumerate (GSocketConnectable * connectable)
{
  AspHttpVettedEnumerator *e = g_object_new (enumerator_type, NULL);

  e->target = g_object_ref ((AspHttpVetted *) connectable);
  return G_SOCKET_ADDRESS_ENUMERATOR (e);
}

static void
connectable_init (gpointer iface, gpointer data)
{
  ((GSocketConnectableIface *) iface)->enumerate = vetted_enumerate;
  ((GSocketConnectableIface *) iface)->proxy_enumerate = vetted_enumerate;
}

static void
vetted_finalize (GObject * object)
{
  asp_http_allow_unref (((AspHttpVetted *) object)->allow);
  G_OBJECT_CLASS (vetted_parent_class)->finalize (object);
}

static void
vetted_class_init (gpointer klass, gpointer data)
{
  vetted_parent_class = g_type_class_peek_parent (klass);
  G_OBJECT_CLASS (klass)->finalize = vetted_finalize;
}

/* This library may be in a process more than once, in a plugin and in the program that
 * loads it, and each copy needs types of its own: their names say which copy it is. */
static GType
register_type (const gchar * name, GType parent, gsize class_size, GClassInitFunc class_init,
    gsize instance_size)
{
  g_autofree gchar *unique = g_strdup_printf ("%s-%p", name, (gpointer) & vetted_type);

  return g_type_register_static_simple (parent, unique, class_size, class_init, instance_size,
      NULL, 0);
}

static void
register_types (void)
{
  static const GInterfaceInfo connectable = { connectable_init, NULL, NULL };
  static gsize once;

  if (!g_once_init_enter (&once))
    return;
  enumerator_type = register_type ("AspHttpVettedEnumerator", G_TYPE_SOCKET_ADDRESS_ENUMERATOR,
      sizeof (GSocketAddressEnumeratorClass), enumerator_class_init,
      sizeof (AspHttpVettedEnumerator));
  vetted_type = register_type ("AspHttpVetted", G_TYPE_NETWORK_ADDRESS,
      sizeof (GNetworkAddressClass), vetted_class_init, sizeof (AspHttpVetted));
  g_type_add_interface_static (vetted_type, G_TYPE_SOCKET_CONNECTABLE, &connectable);
  g_once_init_leave (&once, 1);
}

GSocketConnectable *
asp_http_vetted_new (const gchar * host, guint16 port, AspHttpAllow * allow)
{
  AspHttpVetted *vetted;

  register_types ();
  vetted = g_object_new (vetted_type, "hostname", host, "port", (guint) port, NULL);
  vetted->allow = asp_http_allow_ref (allow);
  return G_SOCKET_CONNECTABLE (vetted);
}
