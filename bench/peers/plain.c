/*
 * What one gets in C without a library: the model of the presets decoding greedily with a KV cache, and products as three loops,
 * left to the compiler to make fast. A child of compare.ts, which compiles it (../turns/protocol.ts is what it reads and answers):
 *
 *   cc -O3 -march=native -ffast-math -fopenmp plain.c -o plain -lm && ./plain 1
 *
 * A token goes through: embedding, per layer { norm, q k v with bias, RoPE (half-split), attention over the cache, output,
 * residual, norm, SwiGLU, residual }, norm, tied output table, argmax. D width, F feed-forward, T context, V vocabulary.
 */
#include <math.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
  const char *name;
  int D, layers, heads, F, T, V;
} Size;

static const Size sizes[] = {
    {"pico", 64, 2, 4, 176, 64, 512},
    {"nano", 128, 4, 4, 344, 128, 2048},
    {"micro", 256, 6, 8, 688, 256, 4096},
};

enum { PROMPT = 4, MAX_LAYERS = 8, MAX_TASKS = 256 };

typedef struct {
  float *norm1, *q, *k, *v, *qBias, *kBias, *vBias, *o, *norm2, *gate, *up, *down, *keys, *values;
} Layer;

typedef struct {
  Size size;
  float *table, *norm, *cosines, *sines;
  Layer layers[MAX_LAYERS];
  float *x, *h, *q, *y, *scores, *gate, *up, *logits;
} Model;

typedef struct {
  Model *model;                       /* decodes a text, or */
  int m, k, n, form;                  /* multiplies; form 'n' nn, 't' nt, 'T' tn */
  float *a, *b, *c;
} Task;

static float *numbers(size_t count, float scale) {
  static unsigned state = 1;
  float *values = malloc(count * sizeof(float));
  if (values == NULL) exit(1);
  for (size_t i = 0; i < count; i++) {
    state = state * 1664525u + 1013904223u;
    values[i] = scale * ((float)(state >> 8) / 8388608.0f - 1.0f);
  }
  return values;
}

static Model *makeModel(Size s) {
  Model *model = calloc(1, sizeof(Model));
  const int d = s.D / s.heads;
  model->size = s;
  model->table = numbers((size_t)s.V * s.D, 0.03f);
  model->norm = numbers(s.D, 1);
  for (int l = 0; l < s.layers; l++) {
    Layer *w = &model->layers[l];
    float **vectors[] = {&w->norm1, &w->norm2, &w->qBias, &w->kBias, &w->vBias};
    for (int i = 0; i < 5; i++) *vectors[i] = numbers(s.D, 0.5f);
    float **squares[] = {&w->q, &w->k, &w->v, &w->o};
    for (int i = 0; i < 4; i++) *squares[i] = numbers((size_t)s.D * s.D, 0.03f);
    float **wides[] = {&w->gate, &w->up, &w->down};
    for (int i = 0; i < 3; i++) *wides[i] = numbers((size_t)s.D * s.F, 0.03f);
    w->keys = numbers((size_t)s.T * s.D, 0);
    w->values = numbers((size_t)s.T * s.D, 0);
  }
  model->cosines = numbers((size_t)s.T * d / 2, 0);
  model->sines = numbers((size_t)s.T * d / 2, 0);
  for (int t = 0; t < s.T; t++) {
    for (int i = 0; i < d / 2; i++) {
      const float angle = t / powf(10000.0f, 2.0f * i / d);
      model->cosines[t * d / 2 + i] = cosf(angle);
      model->sines[t * d / 2 + i] = sinf(angle);
    }
  }
  float **rows[] = {&model->x, &model->h, &model->q, &model->y};
  for (int i = 0; i < 4; i++) *rows[i] = numbers(s.D, 0);
  model->scores = numbers((size_t)s.heads * s.T, 0);
  model->gate = numbers(s.F, 0);
  model->up = numbers(s.F, 0);
  model->logits = numbers(s.V, 0);
  return model;
}

/* out[n] = sum over k of weight[n][k] x[k], plus bias[n] if there is one */
static void linear(float *restrict out, const float *restrict x, const float *restrict weight, const float *restrict bias,
                   int inputs, int outputs) {
#pragma omp parallel for if ((long)inputs *outputs > 100000)
  for (int n = 0; n < outputs; n++) {
    const float *row = weight + (size_t)n * inputs;
    float sum = 0;
    for (int k = 0; k < inputs; k++) sum += row[k] * x[k];
    out[n] = bias == NULL ? sum : sum + bias[n];
  }
}

static void rmsNorm(float *restrict out, const float *restrict x, const float *restrict gain, int D) {
  float sum = 0;
  for (int i = 0; i < D; i++) sum += x[i] * x[i];
  const float scale = 1.0f / sqrtf(sum / D + 1e-6f);
  for (int i = 0; i < D; i++) out[i] = x[i] * scale * gain[i];
}

static void rope(float *x, const Model *model, int position) {
  const int d = model->size.D / model->size.heads, half = d / 2;
  const float *c = model->cosines + (size_t)position * half, *s = model->sines + (size_t)position * half;
  for (int h = 0; h < model->size.heads; h++, x += d) {
    for (int i = 0; i < half; i++) {
      const float a = x[i], b = x[i + half];
      x[i] = a * c[i] - b * s[i];
      x[i + half] = b * c[i] + a * s[i];
    }
  }
}

static void attention(Model *model, const Layer *w, int position) {
  const int D = model->size.D, heads = model->size.heads, d = D / heads;
  for (int h = 0; h < heads; h++) {
    float *scores = model->scores + (size_t)h * model->size.T;
    const float *q = model->q + h * d;
    float most = -INFINITY, sum = 0;
    for (int t = 0; t <= position; t++) {
      const float *key = w->keys + (size_t)t * D + h * d;
      float dot = 0;
      for (int i = 0; i < d; i++) dot += q[i] * key[i];
      scores[t] = dot / sqrtf((float)d);
      if (scores[t] > most) most = scores[t];
    }
    for (int t = 0; t <= position; t++) sum += scores[t] = expf(scores[t] - most);
    float *y = model->y + h * d;
    memset(y, 0, d * sizeof(float));
    for (int t = 0; t <= position; t++) {
      const float share = scores[t] / sum, *value = w->values + (size_t)t * D + h * d;
      for (int i = 0; i < d; i++) y[i] += share * value[i];
    }
  }
}

/* The most likely next token. */
static int forward(Model *model, int token, int position) {
  const Size s = model->size;
  float *x = model->x, *h = model->h;
  memcpy(x, model->table + (size_t)token * s.D, s.D * sizeof(float));
  for (int l = 0; l < s.layers; l++) {
    const Layer *w = &model->layers[l];
    float *key = w->keys + (size_t)position * s.D;
    rmsNorm(h, x, w->norm1, s.D);
    linear(model->q, h, w->q, w->qBias, s.D, s.D);
    linear(key, h, w->k, w->kBias, s.D, s.D);
    linear(w->values + (size_t)position * s.D, h, w->v, w->vBias, s.D, s.D);
    rope(model->q, model, position);
    rope(key, model, position);
    attention(model, w, position);
    linear(h, model->y, w->o, NULL, s.D, s.D);
    for (int i = 0; i < s.D; i++) x[i] += h[i];
    rmsNorm(h, x, w->norm2, s.D);
    linear(model->gate, h, w->gate, NULL, s.D, s.F);
    linear(model->up, h, w->up, NULL, s.D, s.F);
    for (int i = 0; i < s.F; i++) model->up[i] *= model->gate[i] / (1.0f + expf(-model->gate[i]));
    linear(h, model->up, w->down, NULL, s.F, s.D);
    for (int i = 0; i < s.D; i++) x[i] += h[i];
  }
  rmsNorm(h, x, model->norm, s.D);
  linear(model->logits, h, model->table, NULL, s.D, s.V);
  int best = 0;
  for (int i = 1; i < s.V; i++) if (model->logits[i] > model->logits[best]) best = i;
  return best;
}

static void multiply(const Task *task) {
  const int m = task->m, k = task->k, n = task->n;
  memset(task->c, 0, (size_t)m * n * sizeof(float));
#pragma omp parallel for
  for (int i = 0; i < m; i++) {
    float *restrict c = task->c + (size_t)i * n;
    if (task->form == 't') {
      for (int j = 0; j < n; j++) {
        const float *a = task->a + (size_t)i * k, *b = task->b + (size_t)j * k;
        float sum = 0;
        for (int l = 0; l < k; l++) sum += a[l] * b[l];
        c[j] = sum;
      }
      continue;
    }
    for (int l = 0; l < k; l++) {
      const float factor = task->form == 'T' ? task->a[(size_t)l * m + i] : task->a[(size_t)i * k + l];
      const float *restrict b = task->b + (size_t)l * n;
      for (int j = 0; j < n; j++) c[j] += factor * b[j];
    }
  }
}

static void call(const Task *task) {
  if (task->model == NULL) {
    multiply(task);
    return;
  }
  int token = 1;
  for (int position = 0; position < task->model->size.T - 1; position++) {
    const int next = forward(task->model, token, position);
    token = position + 1 < PROMPT ? position + 2 : next;
  }
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double timed(const Task *task, int calls) {
  const double began = now();
  for (int i = 0; i < calls; i++) call(task);
  return (now() - began) / calls;
}

/* The requests are our own JSON, so looking for a key is enough. */
static const char *valueOf(const char *line, const char *key) {
  const char *at = strstr(line, key);
  return at == NULL ? NULL : at + strlen(key);
}

static int openTask(const char *line, Task *task, double *amount, const char **unit) {
  memset(task, 0, sizeof(Task));
  const char *size = valueOf(line, "\"size\":["), *form = valueOf(line, "\"form\":\""), *batch = valueOf(line, "\"batch\":");
  if (strstr(line, "\"gemm\"") != NULL && size != NULL && form != NULL) {
    if (sscanf(size, "%d,%d,%d", &task->m, &task->k, &task->n) != 3) return 0;
    task->form = form[0] == 't' ? 'T' : form[1] == 't' ? 't' : 'n';
    task->a = numbers((size_t)task->m * task->k, 1);
    task->b = numbers((size_t)task->k * task->n, 1);
    task->c = numbers((size_t)task->m * task->n, 0);
    *amount = 2e-6 * task->m * task->k * task->n;
    *unit = "GFLOP/s";
    return 1;
  }
  if (strstr(line, "\"generate\"") == NULL || batch == NULL || atoi(batch) != 1) return 0;
  for (int i = 0; i < 3; i++) {
    char quoted[16];
    snprintf(quoted, sizeof quoted, "\"%s\"", sizes[i].name);
    if (strstr(line, quoted) == NULL) continue;
    task->model = makeModel(sizes[i]);
    *amount = 1000.0 * (sizes[i].T - PROMPT);
    *unit = "tokens/s";
    return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  static Task tasks[MAX_TASKS];
  static char line[4096];
  int count = 0;
  const int threads = argc > 1 ? atoi(argv[1]) : 1;
#ifdef _OPENMP
  omp_set_num_threads(threads);
#endif
  printf("{\"backend\":\"C\",\"version\":\"cc %s\",\"threads\":%d}\n", __VERSION__, threads);
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) {
    const char *run = valueOf(line, "\"run\":"), *least = valueOf(line, "\"leastMs\":");
    if (strstr(line, "\"open\"") != NULL) {
      double amount = 0;
      const char *unit = "";
      if (count == MAX_TASKS || !openTask(line, &tasks[count], &amount, &unit)) {
        printf("{\"error\":\"the C program decodes one text and multiplies\"}\n");
      } else {
        timed(&tasks[count], 1);
        const double ms = timed(&tasks[count], 3);
        printf("{\"task\":%d,\"amount\":%.9g,\"unit\":\"%s\",\"ms\":%.9g}\n", count++, amount, unit, ms);
      }
    } else if (run != NULL && least != NULL) {
      const Task *task = &tasks[atoi(run)];
      const int calls = (int)fmax(1, ceil(atof(least) / timed(task, 1)));
      printf("{\"ms\":%.9g,\"calls\":%d}\n", timed(task, calls), calls);
    } else {
      printf("{}\n");
    }
    fflush(stdout);
  }
  return 0;
}
