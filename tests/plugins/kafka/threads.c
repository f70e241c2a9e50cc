/* For ThreadSanitizer only: it knows POSIX threads, and librdkafka uses those of C11. The same functions over POSIX, so
 * that threads and locks inside librdkafka are seen. glibc's types are of the same size and form. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "glibc's mtx_t is a pthread_mutex_t");
_Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "glibc's cnd_t is a pthread_cond_t");

struct start {
  thrd_start_t run;
  void* argument;
};

static void* run(void* given) {
  const struct start start = *(struct start*)given;
  free(given);
  return (void*)(long)start.run(start.argument);
}

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  struct start* start = malloc(sizeof *start);
  if (start == NULL) {
    return thrd_nomem;
  }
  start->run = function;
  start->argument = argument;
  return pthread_create(thread, NULL, run, start) == 0 ? thrd_success : thrd_error;
}

int thrd_join(thrd_t thread, int* result) {
  void* returned = NULL;
  const int failed = pthread_join(thread, &returned);
  if (result != NULL) {
    *result = (int)(long)returned;
  }
  return failed == 0 ? thrd_success : thrd_error;
}

int thrd_detach(thrd_t thread) { return pthread_detach(thread) == 0 ? thrd_success : thrd_error; }

int mtx_init(mtx_t* mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
  const int failed = pthread_mutex_init((pthread_mutex_t*)mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return failed == 0 ? thrd_success : thrd_error;
}
void mtx_destroy(mtx_t* mutex) { pthread_mutex_destroy((pthread_mutex_t*)mutex); }
int mtx_lock(mtx_t* mutex) { return pthread_mutex_lock((pthread_mutex_t*)mutex) == 0 ? thrd_success : thrd_error; }
int mtx_unlock(mtx_t* mutex) { return pthread_mutex_unlock((pthread_mutex_t*)mutex) == 0 ? thrd_success : thrd_error; }
int mtx_trylock(mtx_t* mutex) { return pthread_mutex_trylock((pthread_mutex_t*)mutex) == 0 ? thrd_success : thrd_busy; }

int cnd_init(cnd_t* condition) {
  return pthread_cond_init((pthread_cond_t*)condition, NULL) == 0 ? thrd_success : thrd_error;
}
void cnd_destroy(cnd_t* condition) { pthread_cond_destroy((pthread_cond_t*)condition); }
int cnd_signal(cnd_t* condition) {
  return pthread_cond_signal((pthread_cond_t*)condition) == 0 ? thrd_success : thrd_error;
}
int cnd_broadcast(cnd_t* condition) {
  return pthread_cond_broadcast((pthread_cond_t*)condition) == 0 ? thrd_success : thrd_error;
}
int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return pthread_cond_wait((pthread_cond_t*)condition, (pthread_mutex_t*)mutex) == 0 ? thrd_success : thrd_error;
}
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const struct timespec* until) {
  switch (pthread_cond_timedwait((pthread_cond_t*)condition, (pthread_mutex_t*)mutex, until)) {
    case 0:
      return thrd_success;
    case ETIMEDOUT:
      return thrd_timedout;
    default:
      return thrd_error;
  }
}

/* What librdkafka itself reads and writes is not seen, as it is not built for the sanitizer; its locks are. */
const char* __tsan_default_options(void);
const char* __tsan_default_options(void) { return "ignore_noninstrumented_modules=1"; }
