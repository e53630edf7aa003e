/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * How many times as long as an ordinary build a build with a sanitizer may take. For
 * limits that say "it does not hang", or "it does not wait": never for a time that the
 * code under test keeps by itself.
 */
#ifndef __has_feature
#define __has_feature(x) 0      /* gcc says it with macros, clang with this */
#endif
#if defined (__SANITIZE_THREAD__) || __has_feature (thread_sanitizer)
#define PATIENCE 8
#elif defined (__SANITIZE_ADDRESS__) || __has_feature (address_sanitizer)
#define PATIENCE 4
#else
#define PATIENCE 1
#endif

/* What a call takes that waits for nobody. */
#define PROMPT_MS (PATIENCE * 1000)
#define PROMPT_US (PATIENCE * 1000000)
