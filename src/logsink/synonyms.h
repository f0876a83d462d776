/* The words that other programs use for what our options do. Pure. */
#ifndef SYNONYMS_H
#define SYNONYMS_H

#include "base/suggest.h"

/* For suggest_option; ends with a NULL word. */
const struct suggest_synonym *synonyms(void);

#endif
