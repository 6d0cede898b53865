/* SPDX-License-Identifier: MIT */
/* Requests in a row, first in first out, linked through themselves. */
#ifndef HOST_BACKEND_REQUEST_LIST_H
#define HOST_BACKEND_REQUEST_LIST_H

#include "backend.h"

#include <stddef.h>

struct request_list {
    struct io_request *first, *last;
};

static inline void request_list_append(struct request_list *list, struct io_request *request)
{
    request->next = NULL;
    if (list->first == NULL)
        list->first = request;
    else
        list->last->next = request;
    list->last = request;
}

/* NULL when there is none. */
static inline struct io_request *request_list_take(struct request_list *list)
{
    struct io_request *request = list->first;
    if (request != NULL)
        list->first = request->next;
    return request;
}

#endif
