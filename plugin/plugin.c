/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstadconditionbin.h"
#include "gstadsplicebin.h"
#include "gsthlsadsink.h"
#include "gsttssplicer.h"

static gboolean
plugin_init (GstPlugin * plugin)
{
  gboolean ok = FALSE;

  /* registrations: one line an element, GST_ELEMENT_REGISTER (name, plugin) */
  ok |= GST_ELEMENT_REGISTER (tssplicer, plugin);
  ok |= GST_ELEMENT_REGISTER (adsplicebin, plugin);
  ok |= GST_ELEMENT_REGISTER (hlsadsink, plugin);
  ok |= GST_ELEMENT_REGISTER (adconditionbin, plugin);
  return ok;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, adsplice,
    "Ad insertion into live MPEG transport streams without re-encoding, and HLS",
    plugin_init, ADSPLICE_VERSION, "LGPL", "adsplice", "https://adsplice.example/")
