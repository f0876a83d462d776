/* header: lines as programs write them, and words that are no levels. */
#include "record/header.h"

#include "test.h"

static const char *const level_names[] = { "none", "trace", "debug", "info", "warn", "error" };

/* Lines by the program that writes them. */
static const struct {
	enum level want;
	const char *line;
} table[] = {
	/* nginx, Apache, HAProxy */
	{ LEVEL_ERROR,
	  "2026/11/22 14:05:09 [error] 1234#1234: *1 open() \"/srv/info\" failed (2: No "
	  "such file or directory)" },
	{ LEVEL_WARN, "2026/11/22 14:05:09 [warn] 1234#1234: *3 an upstream response is buffered" },
	{ LEVEL_INFO, "2026/11/22 14:05:09 [notice] 1#1: signal 15 (SIGTERM) received, exiting" },
	{ LEVEL_ERROR, "2026/11/22 14:05:09 [crit] 12#12: *6 SSL_do_handshake() failed" },
	{ LEVEL_ERROR, "2026/11/22 14:05:09 [emerg] 1#1: bind() to 0.0.0.0:80 failed" },
	{ LEVEL_NONE,
	  "127.0.0.1 - - [22/Nov/2026:14:05:09 +0000] \"GET /error HTTP/1.1\" 404 153" },
	{ LEVEL_NONE,
	  "127.0.0.1 - - [22/Nov/2026:14:05:09 +0000] \"GET /?level=debug HTTP/1.1\" 200" },
	{ LEVEL_ERROR, "[Sun Nov 22 14:05:09.123456 2026] [core:error] [pid 12:tid 34] AH00126" },
	{ LEVEL_INFO,
	  "[Sun Nov 22 14:05:09.123456 2026] [mpm_event:notice] [pid 1:tid 2] AH00489" },
	{ LEVEL_WARN, "[WARNING]  (7) : Server app/web1 is DOWN" },
	/* PostgreSQL, MySQL, MongoDB */
	{ LEVEL_INFO, "2026-11-22 14:05:09.123 UTC [77] LOG:  database system is ready" },
	{ LEVEL_ERROR, "2026-11-22 14:05:09.123 UTC [77] ERROR:  relation \"x\" does not exist" },
	{ LEVEL_ERROR, "2026-11-22 14:05:09.123 UTC [77] FATAL:  role \"root\" does not exist" },
	{ LEVEL_WARN, "2026-11-22 14:05:09.123 UTC [77] WARNING:  there is no transaction" },
	{ LEVEL_ERROR, "2026-11-22 14:05:09.123 UTC [77] PANIC:  could not write to log file" },
	{ LEVEL_NONE, "2026-11-22 14:05:09.123 UTC [77] HINT:  No function matches, see ERROR" },
	{ LEVEL_NONE, "2026-11-22 14:05:09.123 UTC [77] STATEMENT:  SELECT INFO FROM t" },
	{ LEVEL_NONE, "2026-11-22 14:05:09.123 UTC [77] DETAIL:  Key (id)=(1) already exists." },
	{ LEVEL_WARN,
	  "2026-11-22T14:05:09.123456Z 0 [Warning] [MY-010068] [Server] CA certificate" },
	{ LEVEL_INFO, "2026-11-22T14:05:09.123456Z 0 [System] [MY-010931] [Server] ready" },
	{ LEVEL_INFO, "2026-11-22 14:05:09 0 [Note] mariadbd: ready for connections." },
	{ LEVEL_INFO,
	  "2026.11.22 14:05:09.123456 [ 77 ] {uuid-1} <Information> App: error is fine" },
	{ LEVEL_ERROR, "2026.11.22 14:05:09.123456 [ 77 ] {uuid-1} <Error> App: DB::Exception" },
	{ LEVEL_WARN, "{\"t\":{\"$date\":\"2026-11-22T14:05:09.123+00:00\"},\"s\":\"W\",  "
		      "\"c\":\"CONTROL\",\"id\":22120,\"ctx\":\"initandlisten\",\"msg\":\"x\"}" },
	/* Python */
	{ LEVEL_WARN, "WARNING:root:disk nearly full" },
	{ LEVEL_ERROR, "2026-11-22 14:05:09,123 - app.db - CRITICAL - cannot go on" },
	{ LEVEL_INFO, "2026-11-22 14:05:09,123 INFO app: started" },
	{ LEVEL_INFO, "2026-11-22 14:05:09,123 - my app - INFO - no error" },
	{ LEVEL_WARN, "My App - WARNING - error" },
	{ LEVEL_ERROR, "my app - ERROR - no INFO" },
	{ LEVEL_NONE, "my big app - ERROR - three words" },
	{ LEVEL_NONE, "my app - ERROR without the second dash" },
	{ LEVEL_NONE, "my app - error - in small letters" },
	{ LEVEL_INFO, "[2026-11-22 14:05:09,123: INFO/MainProcess] Connected to redis" },
	{ LEVEL_INFO, "INFO:     127.0.0.1:54321 - \"GET / HTTP/1.1\" 200 OK" },
	{ LEVEL_INFO, "2026-11-22 14:05:09.123 | SUCCESS  | __main__:<module>:1 - done" },
	{ LEVEL_DEBUG, "[2026-11-22 14:05:09 +0000] [7] [DEBUG] GET /error" },
	{ LEVEL_ERROR, "Traceback (most recent call last):" },
	{ LEVEL_NONE, "  File \"/srv/error.py\", line 3, in warn" },
	{ LEVEL_NONE, "ValueError: invalid literal for int()" },
	/* Laravel, Symfony */
	{ LEVEL_ERROR, "[2026-11-22 14:05:09] production.ERROR: SQLSTATE[HY000] no info" },
	{ LEVEL_DEBUG, "[2026-11-22T14:05:09.123456+00:00] doctrine.DEBUG: SELECT error [] []" },
	/* stack traces of Node.js, Java, PHP, Rust */
	{ LEVEL_NONE, "    at Logger.<computed> [as info] (/app/create-logger.js:81:14)" },
	{ LEVEL_NONE, "\tat org.slf4j.Logger.info(Logger.java:3) ~[app.jar:1.0-INFO]" },
	{ LEVEL_NONE, "Stack trace:" },
	{ LEVEL_NONE, "PHP Stack trace:" },
	{ LEVEL_NONE, "#1 /srv/app.php(12): Log::debug()" },
	{ LEVEL_NONE, "   3: app::info" },
	/* log4j, logback, Spring, java.util.logging, Kafka, Elasticsearch */
	{ LEVEL_WARN, "2026-11-22 14:05:09,123 WARN  [main] com.example.App - slow" },
	{ LEVEL_INFO, "2026-11-22T14:05:09.123+01:00  INFO 1 --- [main] c.e.App : Started" },
	{ LEVEL_TRACE, "14:05:09.123 [main] TRACE com.example.App -- entering" },
	{ LEVEL_INFO, "[2026-11-22 14:05:09,123] INFO [KafkaServer id=0] started (kafka.server)" },
	{ LEVEL_WARN,
	  "[2026-11-22T14:05:09,123][WARN ][o.e.d.Error] [node-1] high disk watermark" },
	{ LEVEL_ERROR, "SEVERE: Servlet.service() threw exception" },
	{ LEVEL_INFO, "14:05:09,123 |-INFO in ch.qos.logback.classic.LoggerContext[default] - x" },
	{ LEVEL_WARN, "14:05:09,123 |-WARN in ch.qos.logback.core.ConsoleAppender[A] - error" },
	{ LEVEL_ERROR, "[14:05:09] [Server thread/ERROR]: Encountered an unexpected exception" },
	{ LEVEL_INFO, "[14:05:09] [Server thread/INFO]: Done (1.2s)! For help, type \"help\"" },
	{ LEVEL_DEBUG, "FINE: entering method" },
	{ LEVEL_TRACE, "FINEST: RETURN" },
	{ LEVEL_DEBUG, "CONFIG: using /etc/app.conf" },
	{ LEVEL_NONE, "Nov 22, 2026 2:05:09 PM com.example.App main" },
	{ LEVEL_NONE, "\tat com.example.error.Handler.warn(Handler.java:42)" },
	{ LEVEL_NONE, "Caused by: java.lang.IllegalStateException: no error given" },
	{ LEVEL_NONE, "java.lang.Error: x" },
	/* Go: slog, zap, logrus, zerolog, log15, panics */
	{ LEVEL_WARN, "time=2026-11-22T14:05:09.123+01:00 level=WARN msg=\"an ERROR text\" n=1" },
	{ LEVEL_INFO, "time=2026-11-22T14:05:09.123+01:00 level=INFO+2 msg=notice" },
	{ LEVEL_WARN,
	  "{\"time\":\"2026-11-22T14:05:09.1+01:00\",\"level\":\"WARN\",\"msg\":\"x\"}" },
	{ LEVEL_ERROR, "2026/11/22 14:05:09 ERROR cannot open err=\"no info\"" },
	{ LEVEL_INFO,
	  "{\"level\":\"info\",\"ts\":1795356309.12,\"caller\":\"a.go:1\",\"msg\":\"error\"}" },
	{ LEVEL_ERROR, "{\"level\":\"dpanic\",\"ts\":1795356309.12,\"msg\":\"x\"}" },
	{ LEVEL_DEBUG, "2026-11-22T14:05:09.123Z\tdebug\tapp/main.go:12\tan error follows" },
	{ LEVEL_INFO, "2026-11-22T14:05:09.123Z\t\033[34mINFO\033[0m\tapp/main.go:12\tup" },
	{ LEVEL_WARN, "time=\"2026-11-22T14:05:09Z\" level=warning msg=\"The group's number\"" },
	{ LEVEL_ERROR,
	  "{\"animal\":\"walrus\",\"level\":\"fatal\",\"msg\":\"info\",\"time\":\"x\"}" },
	{ LEVEL_INFO, "2:05PM INF started port=80" },
	{ LEVEL_ERROR, "ERRO[0012] cannot read info                              error=\"x\"" },
	{ LEVEL_DEBUG, "\033[37mDEBU\033[0m[0012] error" },
	{ LEVEL_ERROR, "FATA[0012] out" },
	{ LEVEL_ERROR, "\033[90m2:05PM\033[0m \033[31mERR\033[0m failed" },
	{ LEVEL_ERROR, "t=2026-11-22T14:05:09+0000 lvl=eror msg=\"bad block\"" },
	{ LEVEL_DEBUG, "t=2026-11-22T14:05:09+0000 lvl=dbug msg=\"ok\"" },
	{ LEVEL_INFO, "INFO [11-22|14:05:09.123] Imported new chain segment number=1" },
	{ LEVEL_ERROR, "panic: runtime error: index out of range [5] with length 3" },
	{ LEVEL_ERROR, "fatal error: all goroutines are asleep - deadlock!" },
	{ LEVEL_ERROR, "goroutine 1 [running]:" },
	{ LEVEL_ERROR, "goroutine 1234 [select, 3 minutes]:" },
	{ LEVEL_NONE, "goroutine 1" },
	{ LEVEL_NONE, "goroutine pool [3]" },
	/* crashes of others */
	{ LEVEL_ERROR, "web-1  | Traceback (most recent call last):" },
	{ LEVEL_ERROR, "  + Exception Group Traceback (most recent call last):" },
	{ LEVEL_ERROR, "Exception in thread \"main\" java.lang.IllegalStateException: info" },
	{ LEVEL_ERROR, "app: src/a.c:12: main: Assertion `info' failed." },
	{ LEVEL_ERROR, "*** stack smashing detected ***: terminated" },
	{ LEVEL_ERROR, "==812==ERROR: AddressSanitizer: heap-use-after-free" },
	{ LEVEL_NONE, "==812==" },
	{ LEVEL_NONE, "Traceback" },
	{ LEVEL_NONE, "Exception in the rule" },
	{ LEVEL_NONE, "a Segmentation fault was here" },
	{ LEVEL_NONE,
	  "1 2026-11-22T14:05:09Z host app 77 ID - Traceback (most recent call last):" },
	{ LEVEL_NONE, "\t/srv/app/error/main.go:12 +0x1d" },
	/* glog, klog, Kubernetes */
	{ LEVEL_WARN, "W1122 14:05:09.123456    1234 reflector.go:324] list failed: error" },
	{ LEVEL_ERROR, "E1122 14:05:09.123456    1234 server.cc:12] info about it" },
	{ LEVEL_INFO, "I1122 14:05:09.123456       1 leaderelection.go:248] error is fine" },
	{ LEVEL_ERROR, "F1122 14:05:09.123456    1234 main.cc:1] Check failed" },
	{ LEVEL_WARN, "W20261122 14:05:09.123456 12345 x.cc:12] error" },
	{ LEVEL_NONE, "W1122 is the part number" },
	{ LEVEL_NONE, "W112233 14:05:09" },
	{ LEVEL_NONE, "W20261122 14" },
	/* Node: pino, bunyan, winston, npm */
	{ LEVEL_INFO,
	  "{\"level\":30,\"time\":1795356309123,\"pid\":1,\"hostname\":\"a\",\"msg\":\"x\"}" },
	{ LEVEL_ERROR, "{\"level\":50,\"time\":1795356309123,\"msg\":\"x\"}" },
	{ LEVEL_ERROR, "{\"level\":60,\"time\":1795356309123,\"msg\":\"x\"}" },
	{ LEVEL_TRACE, "{\"level\":10,\"time\":1795356309123,\"msg\":\"x\"}" },
	{ LEVEL_WARN,
	  "{\"name\":\"app\",\"hostname\":\"h\",\"pid\":7,\"level\":40,\"msg\":\"x\",\"v\":0}" },
	{ LEVEL_NONE, "{\"user\":{\"level\":7},\"msg\":\"the WARN level\"}" },
	{ LEVEL_WARN, "{\"message\":\"error\",\"level\":\"warn\"}" },
	{ LEVEL_WARN,
	  "{ \"message\" : \"\\\"level\\\":\\\"error\\\"\", \"level\" : \"warning\" }" },
	{ LEVEL_ERROR, "error: cannot connect {\"service\":\"db\"}" },
	{ LEVEL_WARN, "npm WARN deprecated request@2.88.2" },
	{ LEVEL_ERROR, "npm error code E404" },
	{ LEVEL_ERROR, "npm ERR! code ENOENT" },
	{ LEVEL_ERROR, "\033[37;40mnpm\033[0m \033[0m\033[31;40mERR!\033[0m code" },
	{ LEVEL_INFO, "npm notice new version" },
	{ LEVEL_DEBUG, "npm verb cli /usr/bin/node /usr/bin/npm" },
	{ LEVEL_TRACE, "npm sill idealTree buildDeps" },
	{ LEVEL_TRACE, "npm silly idealTree buildDeps" },
	{ LEVEL_INFO, "npm http fetch GET 200 https://registry.npmjs.org/x 5ms" },
	{ LEVEL_INFO, "npm timing npm:load Completed in 5ms" },
	{ LEVEL_NONE, "http fetch GET 200" },
	{ LEVEL_NONE, "14:05:09 HTTP server started" },
	{ LEVEL_NONE, "14:05:09 verb tables" },
	{ LEVEL_ERROR, "error TS2304: Cannot find name 'x'." },
	{ LEVEL_WARN, "Program.cs(12,9): warning CS0168: declared but never used" },
	{ LEVEL_NONE, "error TS2304" },
	{ LEVEL_NONE, "error TS: x" },
	{ LEVEL_NONE, "an error TS2304: was expected" },
	/* Rust: tracing, env_logger, log4rs, panics */
	{ LEVEL_INFO, "2026-11-22T14:05:09.123456Z  INFO app::db: connected error_count=0" },
	{ LEVEL_WARN, "\033[2m2026-11-22T14:05:09.123456Z\033[0m \033[33m WARN\033[0m "
		      "\033[2mapp\033[0m\033[2m:\033[0m slow" },
	{ LEVEL_DEBUG, "{\"timestamp\":\"2026-11-22T14:05:09.123456Z\",\"level\":\"DEBUG\","
		       "\"fields\":{\"message\":\"x\"},\"target\":\"app\"}" },
	{ LEVEL_ERROR, "[2026-11-22T14:05:09Z ERROR app] no info" },
	{ LEVEL_TRACE, "2026-11-22T14:05:09.123456789+01:00 TRACE app - x" },
	{ LEVEL_ERROR, "thread 'main' panicked at src/main.rs:2:5:" },
	/* syslog, the kernel, journald, NetworkManager */
	{ LEVEL_ERROR, "<3>cannot open device" },
	{ LEVEL_WARN, "<4>error in small letters does not count before this" },
	{ LEVEL_INFO, "<134>1 2026-11-22T14:05:09Z host app 77 - - error" },
	{ LEVEL_DEBUG, "<7>x" },
	{ LEVEL_NONE, "<999>x" },
	{ LEVEL_NONE, "1 2026-11-22T14:05:09Z host app 77 ID - ERROR: text" },
	{ LEVEL_NONE, "1 2026-11-22T14:05:09Z host.x app 77 - [a@1 level=\"error\"] error: text" },
	{ LEVEL_ERROR, "1 2026-11-22T14:05:09Z ERROR thread 1" },
	{ LEVEL_INFO, "PRIORITY=6" },
	{ LEVEL_ERROR, "PRIORITY=2" },
	{ LEVEL_WARN, "{\"__CURSOR\":\"s=1\",\"PRIORITY\":\"4\",\"MESSAGE\":\"info\"}" },
	{ LEVEL_WARN, "NetworkManager[701]: <warn>  [1795356309.1234] device (wlan0): error" },
	{ LEVEL_ERROR, "Nov 22 14:05:09 host sshd[812]: error: kex_exchange_identification" },
	{ LEVEL_NONE, "Nov 22 14:05:09 host systemd[1]: Started information service." },
	/* .NET, Ruby, Elixir, Android, Google Cloud, Elastic */
	{ LEVEL_INFO, "info: Microsoft.Hosting.Lifetime[14]" },
	{ LEVEL_ERROR, "fail: Microsoft.EntityFrameworkCore.Database.Connection[20004]" },
	{ LEVEL_TRACE, "trce: x[0]" },
	{ LEVEL_WARN, "[14:05:09 WRN] slow" },
	{ LEVEL_ERROR, "[14:05:09 FTL] out" },
	{ LEVEL_WARN, "{\"@t\":\"2026-11-22T14:05:09Z\",\"@mt\":\"x\",\"@l\":\"Warning\"}" },
	{ LEVEL_INFO, "{\"@t\":\"2026-11-22T14:05:09Z\",\"@mt\":\"x {y}\"}" },
	{ LEVEL_NONE, "{\"@t\":\"2026-11-22T14:05:09Z\",\"@mt\":\"it goes on" },
	{ LEVEL_TRACE, "{\"@t\":\"2026-11-22T14:05:09Z\",\"@mt\":\"x\",\"@l\":\"Verbose\"}" },
	{ LEVEL_WARN, "{\"level\":\"error\",\"@t\":\"x\",\"@mt\":\"x\",\"@l\":\"Warning\"}" },
	{ LEVEL_WARN, "{\"@t\":\"x\",\"@mt\":\"x\",\"level\":\"error\",\"@l\":\"Warning\"}" },
	{ LEVEL_WARN, "{\"@t\":\"x\",\"n\":1,\"level\":7,\"@l\":\"Warning\"}" },
	{ LEVEL_ERROR, "{\"level\":\"error\",\"who\":\"@l\"}" },
	{ LEVEL_ERROR, "{\"level\":\"error\",\"x\":{\"@l\":\"Warning\"}}" },
	{ LEVEL_INFO, "{\"Timestamp\":\"x\",\"Level\":\"Information\",\"Message\":\"error\"}" },
	{ LEVEL_ERROR, "E, [2026-11-22T14:05:09.123456 #12] ERROR -- : x" },
	{ LEVEL_DEBUG, "14:05:09.123 [debug] QUERY OK" },
	{ LEVEL_WARN, "{\"severity\":\"WARNING\",\"message\":\"x\"}" },
	{ LEVEL_ERROR, "{\"@timestamp\":\"x\",\"log.level\":\"ERROR\",\"message\":\"x\"}" },
	{ LEVEL_WARN, "{\"@timestamp\":\"x\",\"log\":{\"level\":\"warn\"},\"message\":\"x\"}" },
	/* shell scripts and compilers */
	{ LEVEL_WARN, "main.c:3:5: warning: unused variable" },
	{ LEVEL_ERROR, "Error: something" },
	{ LEVEL_WARN, "[Warn] x" },
	{ LEVEL_INFO, "(INFO) x" },
	{ LEVEL_ERROR, "14:05:09 error something" },
	{ LEVEL_WARN, "app 14:05:09 WARN first, ERROR later" },
	{ LEVEL_ERROR, "level=error" },
	{ LEVEL_WARN,
	  "msg=\"a text of some length that goes on for a while, long\" n=1 level=warn" },
	/* words that are no levels */
	{ LEVEL_NONE, "" },
	{ LEVEL_NONE, "information, terrors, forewarning and debugging" },
	{ LEVEL_NONE, "reading /var/log/error/info.log" },
	{ LEVEL_NONE, "ERROR_COUNT=3" },
	{ LEVEL_NONE, "the request ended without error" },
	{ LEVEL_NONE, "everything is fine" },
	{ LEVEL_NONE, " trace" },
	{ LEVEL_NONE, "    error in frame 3" },
	{ LEVEL_NONE, "\tinfo" },
	{ LEVEL_NONE, "a non-fatal problem, error-handler called error.log(x)" },
	{ LEVEL_NONE, "--error --level --debug" },
	{ LEVEL_NONE, "http://error/info" },
	{ LEVEL_NONE, "[reading /srv/info] [/var/log/ERROR.d] /srv/ERROR [a/error] a|-info" },
	{ LEVEL_NONE, "user=error INFORMATION x_WARN" },
	{ LEVEL_NONE, "xlevel7=warn level= level" },
	{ LEVEL_NONE, "0123456789012345678901234567890123456789012345678901234567890123 ERROR" },
	{ LEVEL_NONE, "caf\303\251INFO" },
	{ LEVEL_NONE, "level=\"" },
	{ LEVEL_NONE, "{\"level\":" },
	{ LEVEL_NONE, "{\"level\":\"" },
	{ LEVEL_NONE, "<" },
	{ LEVEL_NONE, "<1" },
	{ LEVEL_NONE, "\033" },
	{ LEVEL_NONE, "\033[" },
	{ LEVEL_NONE, "\033[31" },
};

/* A copy that ends where the line ends, so that a sanitizer sees what reads on. */
static enum level of(const char *line, size_t len)
{
	char *copy = malloc(len ? len : 1);

	memcpy(copy, line, len);
	enum header_place place;
	enum level l = header_level(copy, len, &place);

	free(copy);
	return l;
}

static void real_lines(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		enum level got = of(table[i].line, strlen(table[i].line));

		if (!CHECK_STR(level_names[got], level_names[table[i].want]))
			printf("# %s\n", table[i].line);
	}
}

/* Wherever a line is torn, it is read no further. */
static void torn_lines(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (size_t len = 0; len < strlen(table[i].line); len++)
			CHECK(of(table[i].line, len) <= LEVEL_ERROR);
}

/* Which lines are records of their own. */
static void places(void)
{
	static const struct {
		enum header_place want;
		const char *line;
	} lines[] = {
		{ HEADER_BEGINS, "14:05:09 x" },
		{ HEADER_BEGINS, "[14:05:09] x" },
		{ HEADER_BEGINS, "\"2026-11-22 14:05:09\",x" },
		{ HEADER_BEGINS, "Nov 22, 2026 2:05:09 PM com.example.App main" },
		{ HEADER_BEGINS, "10.0.0.7 - frank [22/Nov/2026:14:05:09 +0100] \"GET /\"" },
		{ HEADER_BEGINS, "web-1  | 2026-11-22T14:05:09Z x" },
		{ HEADER_BEGINS, "{\"@t\":\"x\",\"@m\":\"it goes on" },
		{ HEADER_BEGINS, "time=x msg=y" },
		{ HEADER_FOLLOWS, "" },
		{ HEADER_FOLLOWS, "Caused by: com.example.Late: not before 14:05:09" },
		{ HEADER_FOLLOWS, "com.example.Late: 14:05:09 is too late" },
		{ HEADER_FOLLOWS, "Date: Sun, 22 Nov 2026 14:05:09 GMT" },
		{ HEADER_FOLLOWS, "/app/index.js:10:15" },
		{ HEADER_FOLLOWS, "10.0.0.12:51884 is gone" },
		{ HEADER_FOLLOWS, "[22" },
		{ HEADER_FOLLOWS, ":" },
		{ HEADER_FOLLOWS, "12:3" },
		{ HEADER_INDENTED, "DETAIL:  at 14:05" },
		{ HEADER_INDENTED, "  14:05:09" },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		enum header_place place;

		header_level(lines[i].line, strlen(lines[i].line), &place);
		if (!CHECK_INT(place, lines[i].want))
			printf("# %s\n", lines[i].line);
	}
}

static void any_bytes(void)
{
	CHECK_INT(of("\0ERROR\0", 7), LEVEL_ERROR);
	CHECK_INT(of("\0\0\0", 3), LEVEL_NONE);
	CHECK_INT(of("[\377]", 3), LEVEL_NONE);
}

int main(void)
{
	TEST("header: lines of many programs, and words that are no levels", real_lines);
	TEST("header: a torn line is read to its end and no further", torn_lines);
	TEST("header: a time before the message begins a record, and none in it", places);
	TEST("header: any bytes are taken", any_bytes);
	return test_end();
}
