/* Some other library. */
int other_library_call(void);
__attribute__((visibility("default"))) int other_library_call(void) { return 1; }
