/* Functions that our C does not use. tests/lint greps for them too; poisoning them here makes the
 * compiler say so at the line. Include last, after the system headers. */
#ifndef GARITA_CORE_BASE_BANNED_H
#define GARITA_CORE_BASE_BANNED_H

#undef alloca
#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok alloca strncpy strncat
#pragma GCC poison atoi atol atoll rand srand tmpnam mktemp

#endif
