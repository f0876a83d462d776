/*
 * mock-kafka BROKERS: a Kafka cluster in memory, of librdkafka's own, until standard input ends.
 *
 * It speaks the protocol, checks the numbers of an idempotent producer's batches, and forgets all
 * at its end. It prints the brokers' addresses, and then the name of each command that it did:
 *
 *     topic NAME PARTITIONS    make it
 *     down N, up N             broker N
 *     leader TOPIC P N         broker N leads its partition P
 *     rtt N MS                 broker N takes so long for each answer
 *     error KEY CODE COUNT     the next answers to requests of that kind are this error; 0: Produce
 *     no-topic NAME CODE       so does the topic's metadata, from now on; 0: no more
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static bool do_command(rd_kafka_mock_cluster_t *m, const char *line)
{
	char topic[128];
	int a, b, c;

	if (sscanf(line, "topic %127s %d", topic, &a) == 2)
		return !rd_kafka_mock_topic_create(m, topic, a, 1);
	if (sscanf(line, "down %d", &a) == 1)
		return !rd_kafka_mock_broker_set_down(m, a);
	if (sscanf(line, "up %d", &a) == 1)
		return !rd_kafka_mock_broker_set_up(m, a);
	if (sscanf(line, "leader %127s %d %d", topic, &a, &b) == 3)
		return !rd_kafka_mock_partition_set_leader(m, topic, a, b);
	if (sscanf(line, "rtt %d %d", &a, &b) == 2)
		return !rd_kafka_mock_broker_set_rtt(m, a, b);
	if (sscanf(line, "no-topic %127s %d", topic, &a) == 2) {
		rd_kafka_mock_topic_set_error(m, topic, (rd_kafka_resp_err_t)a);
		return true;
	}
	if (sscanf(line, "error %d %d %d", &a, &b, &c) != 3)
		return false;
	while (c-- > 0)
		rd_kafka_mock_push_request_errors(m, (int16_t)a, 1, (rd_kafka_resp_err_t)b);
	return true;
}

int main(int argc, char *argv[])
{
	char line[256], why[512];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	rd_kafka_conf_set(conf, "log_level", "0", why, sizeof(why));
	rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!rk) {
		fprintf(stderr, "mock-kafka: %s\n", why);
		return EXIT_FAILURE;
	}
	rd_kafka_mock_cluster_t *m =
		rd_kafka_mock_cluster_new(rk, argc > 1 ? (int)strtol(argv[1], NULL, 10) : 3);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%s\n", rd_kafka_mock_cluster_bootstraps(m));
	while (fgets(line, sizeof(line), stdin))
		printf("%s %s", do_command(m, line) ? "did" : "refused", line);
	rd_kafka_mock_cluster_destroy(m);
	rd_kafka_destroy(rk);
	return EXIT_SUCCESS;
}
