/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-es-video.h"
