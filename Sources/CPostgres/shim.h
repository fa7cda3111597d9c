// libpq as far as it is used here, declared by us and loaded at run time: neither a build nor a node with another catalog
// needs anything of PostgreSQL. The declarations are libpq's stable interface since version 10.
#ifndef ROWHOUSE_CPOSTGRES_SHIM_H
#define ROWHOUSE_CPOSTGRES_SHIM_H

#include <dlfcn.h>
#include <stddef.h>

typedef struct pg_conn rh_pq_connection;
typedef struct pg_result rh_pq_result;
typedef void (*rh_pq_notice)(void *context, const rh_pq_result *notice);

/// One entry of what PQconninfoParse gives.
typedef struct rh_pq_option {
    char *keyword;
    char *variable;
    char *compiled;
    char *value;
    char *label;
    char *display;
    int size;
} rh_pq_option;

typedef struct rh_pq {
    int (*version)(void);
    int (*isThreadSafe)(void);
    rh_pq_option *(*parse)(const char *text, char **error);
    void (*freeOptions)(rh_pq_option *options);
    void (*freeMemory)(void *pointer);
    rh_pq_connection *(*connect)(const char *const *names, const char *const *values, int expand);
    void (*finish)(rh_pq_connection *connection);
    int (*status)(const rh_pq_connection *connection);
    int (*transaction)(const rh_pq_connection *connection);
    char *(*message)(const rh_pq_connection *connection);
    int (*socket)(const rh_pq_connection *connection);
    int (*setNonblocking)(rh_pq_connection *connection, int on);
    rh_pq_notice (*setNotice)(rh_pq_connection *connection, rh_pq_notice receiver, void *context);
    int (*send)(rh_pq_connection *connection, const char *sql);
    int (*sendPrepare)(
        rh_pq_connection *connection, const char *name, const char *sql, int count, const unsigned int *types);
    int (*sendPrepared)(
        rh_pq_connection *connection, const char *name, int count, const char *const *values, const int *lengths,
        const int *formats, int resultFormat);
    int (*flush)(rh_pq_connection *connection);
    int (*consume)(rh_pq_connection *connection);
    int (*isBusy)(rh_pq_connection *connection);
    rh_pq_result *(*result)(rh_pq_connection *connection);
    int (*resultStatus)(const rh_pq_result *result);
    char *(*errorField)(const rh_pq_result *result, int field);
    char *(*resultMessage)(const rh_pq_result *result);
    char *(*commandStatus)(rh_pq_result *result);
    char *(*commandTuples)(rh_pq_result *result);
    int (*rows)(const rh_pq_result *result);
    int (*columns)(const rh_pq_result *result);
    unsigned int (*type)(const rh_pq_result *result, int column);
    int (*format)(const rh_pq_result *result, int column);
    int (*isNull)(const rh_pq_result *result, int row, int column);
    char *(*value)(const rh_pq_result *result, int row, int column);
    int (*length)(const rh_pq_result *result, int row, int column);
    void (*clear)(rh_pq_result *result);
} rh_pq;

/// Fills in one function; the pointer's type is the member's, whatever it is.
static inline int rh_pq_find(void *library, const char *name, void *member) {
    void *found = dlsym(library, name);
    if (found == NULL) return 0;
    *(void **)member = found;
    return 1;
}

/// Loads the library, which is never unloaded.
///
/// Returns NULL, or why it cannot be used: the loader's words or the name of a function that it lacks.
static inline const char *rh_pq_load(rh_pq *pq, const char *name) {
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *why = dlerror();
        return why != NULL ? why : "the library cannot be loaded";
    }
    const struct { const char *name; void *member; } wanted[] = {
        {"PQlibVersion", &pq->version}, {"PQisthreadsafe", &pq->isThreadSafe}, {"PQconninfoParse", &pq->parse},
        {"PQconninfoFree", &pq->freeOptions}, {"PQfreemem", &pq->freeMemory}, {"PQconnectdbParams", &pq->connect},
        {"PQfinish", &pq->finish}, {"PQstatus", &pq->status}, {"PQtransactionStatus", &pq->transaction},
        {"PQerrorMessage", &pq->message}, {"PQsocket", &pq->socket}, {"PQsetnonblocking", &pq->setNonblocking},
        {"PQsetNoticeReceiver", &pq->setNotice}, {"PQsendQuery", &pq->send}, {"PQsendPrepare", &pq->sendPrepare},
        {"PQsendQueryPrepared", &pq->sendPrepared}, {"PQflush", &pq->flush}, {"PQconsumeInput", &pq->consume},
        {"PQisBusy", &pq->isBusy}, {"PQgetResult", &pq->result}, {"PQresultStatus", &pq->resultStatus},
        {"PQresultErrorField", &pq->errorField}, {"PQresultErrorMessage", &pq->resultMessage},
        {"PQcmdStatus", &pq->commandStatus}, {"PQcmdTuples", &pq->commandTuples}, {"PQntuples", &pq->rows},
        {"PQnfields", &pq->columns}, {"PQftype", &pq->type}, {"PQfformat", &pq->format},
        {"PQgetisnull", &pq->isNull}, {"PQgetvalue", &pq->value}, {"PQgetlength", &pq->length},
        {"PQclear", &pq->clear},
    };
    for (size_t index = 0; index < sizeof wanted / sizeof wanted[0]; index++) {
        if (!rh_pq_find(library, wanted[index].name, wanted[index].member)) return wanted[index].name;
    }
    return NULL;
}

// ConnStatusType, PGTransactionStatusType, ExecStatusType and the fields of an error, as numbers.
enum { RH_PQ_OK = 0 };
enum { RH_PQ_IDLE = 0 };
enum { RH_PQ_COMMAND_OK = 1, RH_PQ_TUPLES_OK = 2, RH_PQ_FATAL_ERROR = 7 };
enum { RH_PQ_SEVERITY = 'V', RH_PQ_SEVERITY_LOCAL = 'S', RH_PQ_SQLSTATE = 'C', RH_PQ_MESSAGE = 'M' };

#endif
