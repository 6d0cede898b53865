/* SPDX-License-Identifier: MIT */
/* The frame of a page, and text and numbers in it. */
#include "page_html.h"

#include "../utf8.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static void make_nonce(char nonce[33])
{
    unsigned char random[16];
    /* Without random numbers a guest could still not name the time. */
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        memset(random, 0, sizeof random);
        memcpy(random, &now.tv_nsec, sizeof now.tv_nsec);
    }
    for (unsigned i = 0; i < sizeof random; i++)
        snprintf(nonce + 2 * i, 3, "%02x", random[i]);
}

static void put_asset(const struct html *html, const struct viewer_asset *asset)
{
    fwrite(asset->begin, 1, (size_t)(asset->end - asset->begin), html->out);
}

void html_begin(struct html *html, FILE *out, const char *title,
                const struct viewer_asset *const styles[])
{
    html->out = out;
    make_nonce(html->nonce);
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "script-src 'nonce-%s'; style-src 'nonce-%s'; img-src data:; base-uri 'none'; "
            "form-action 'none'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<link rel=\"icon\" href=\"data:,\">\n<title>",
            html->nonce, html->nonce);
    html_text(html, title);
    fprintf(out, "</title>\n<style nonce=\"%s\">\n", html->nonce);
    for (unsigned i = 0; styles[i] != NULL; i++)
        put_asset(html, styles[i]);
    fputs("</style>\n</head>\n<body>\n", out);
}

void html_end(struct html *html, const struct viewer_asset *script)
{
    fprintf(html->out, "<script nonce=\"%s\">\n", html->nonce);
    put_asset(html, script);
    fputs("</script>\n</body>\n</html>\n", html->out);
}

static void put_ascii(FILE *out, unsigned char c)
{
    switch (c) {
    case '&':
        fputs("&amp;", out);
        break;
    case '<':
        fputs("&lt;", out);
        break;
    case '>':
        fputs("&gt;", out);
        break;
    case '"':
        fputs("&quot;", out);
        break;
    case '\'':
        fputs("&#39;", out);
        break;
    default:
        if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
}

void html_text(const struct html *html, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p != '\0') {
        unsigned length = utf8_length(p);
        if (length == 1)
            put_ascii(html->out, *p);
        else if (length == 0)
            fputs("\xef\xbf\xbd", html->out);
        else
            fwrite(p, 1, length, html->out);
        p += length > 0 ? length : 1;
    }
}

const char *html_duration(uint64_t ns, char text[HTML_SHORT_SIZE])
{
    static const struct {
        uint64_t ns;
        const char *name;
    } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "\xc2\xb5s"}};
    for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (ns < units[i].ns)
            continue;
        double value = (double)ns / (double)units[i].ns;
        snprintf(text, HTML_SHORT_SIZE, "%.*f %s",
                 value < 10    ? 2
                 : value < 100 ? 1
                               : 0,
                 value, units[i].name);
        return text;
    }
    snprintf(text, HTML_SHORT_SIZE, "%" PRIu64 " ns", ns);
    return text;
}

const char *html_time(uint64_t ns, char text[HTML_SHORT_SIZE])
{
    snprintf(text, HTML_SHORT_SIZE, "%" PRIu64 ".%03" PRIu64 " ms", ns / 1000000, ns / 1000 % 1000);
    return text;
}

const char *html_count(uint64_t count, char text[HTML_SHORT_SIZE])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *p = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *p++ = ',';
        *p++ = digits[i];
    }
    *p = '\0';
    return text;
}

const char *html_bytes(uint64_t bytes, char text[HTML_SHORT_SIZE])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    unsigned unit = 0;
    double value = (double)bytes;
    while (value >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        unit++;
    }
    snprintf(text, HTML_SHORT_SIZE, "%.4g %s", value, units[unit]);
    return text;
}
