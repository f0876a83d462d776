/* Records on their way land in order, in whatever order they are stored. */
#include "logsink-ship/flight.h"

#include "test.h"

static uint64_t add(struct flight *f, uint64_t end)
{
	struct flight_step step = { .end = end, .bytes = 10 };
	uint64_t ticket = 0;

	CHECK_INT(flight_add(f, &step, &ticket), 0);
	return ticket;
}

static void in_order(void)
{
	struct flight *f = flight_new();
	struct flight_step step;
	uint64_t a = add(f, 1), b = add(f, 2), c = add(f, 3);

	CHECK(a < b && b < c);
	CHECK(!flight_land(f, &step));
	flight_done(f, b, 7);
	flight_done(f, c, 8);
	CHECK(!flight_land(f, &step));
	CHECK_INT(flight_first(f)->end, 1);
	flight_done(f, a, 6);
	for (int i = 1; i <= 3; i++) {
		CHECK(flight_land(f, &step));
		CHECK_INT(step.end, i);
		CHECK_INT(step.number, 5 + i);
	}
	CHECK(!flight_land(f, &step));
	CHECK(flight_first(f) == NULL);
	CHECK_INT(flight_bytes(f), 0);
	flight_free(f);
}

static void grows(void)
{
	struct flight *f = flight_new();
	struct flight_step step;
	uint64_t first = add(f, 0);

	for (uint64_t i = 1; i < 700; i++)
		add(f, i);
	for (uint64_t i = 0; i < 500; i++)
		flight_done(f, first + i, 0);
	for (uint64_t i = 0; i < 500; i++)
		CHECK(flight_land(f, &step) && step.end == i);
	for (uint64_t i = 700; i < 5000; i++)
		add(f, i);
	CHECK_INT(flight_count(f), 4500);
	CHECK_INT(flight_bytes(f), 45000);
	for (uint64_t i = 500; i < 5000; i++)
		flight_done(f, first + i, 0);
	for (uint64_t i = 500; i < 5000; i++)
		CHECK(flight_land(f, &step) && step.end == i);
	flight_free(f);
}

static void cleared(void)
{
	struct flight *f = flight_new();
	struct flight_step step;
	uint64_t a = add(f, 1), b;

	flight_clear(f);
	flight_done(f, a, 1); /* late */
	CHECK(!flight_land(f, &step));
	b = add(f, 2);
	CHECK(b != a);
	flight_done(f, a, 1);
	CHECK(!flight_land(f, &step));
	add(f, 3);
	flight_take_back(f);
	CHECK_INT(flight_count(f), 1);
	flight_done(f, b, 1);
	CHECK(flight_land(f, &step) && step.end == 2);
	flight_free(f);
	flight_free(NULL);
}

int main(void)
{
	TEST("flight: steps land in the order in which they were added", in_order);
	TEST("flight: there is room for any number", grows);
	TEST("flight: what was cleared or taken back does not land", cleared);
	return test_end();
}
