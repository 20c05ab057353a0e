// The memory functions that every kernel exports, under their standard names; nothing else of
// <string.h> is there.
#pragma once
#include <stddef.h>

extern "C" {
void* memcpy(void* to, const void* from, size_t size);
void* memmove(void* to, const void* from, size_t size);
void* memset(void* at, int byte, size_t size);
int memcmp(const void* a, const void* b, size_t size);
}
