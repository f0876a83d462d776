/* coalesce: naps grow while little comes, shrink before the pipe is full, and end in waiting. */
#include "input/coalesce.h"

#include "test.h"

enum { CAPACITY = 1024 * 1024 };

static struct coalesce coalesce_of(double longest)
{
	struct coalesce p = { .longest = longest, .capacity = CAPACITY };

	coalesce_start(&p, 3600.);
	return p;
}

static void grows(void)
{
	struct coalesce p = coalesce_of(0.005);
	double before = 0.;

	for (int i = 0; i < 30; i++) {
		CHECK(coalesce_next(&p, 1000));
		CHECK(p.nap > before || p.nap == 0.005);
		before = p.nap;
	}
	CHECK(p.nap == 0.005);
}

static void shrinks(void)
{
	struct coalesce p = coalesce_of(0.005);

	for (int i = 0; i < 30; i++)
		CHECK(coalesce_next(&p, 1000));
	for (int i = 0; i < 30; i++) {
		double before = p.nap;

		CHECK(coalesce_next(&p, CAPACITY));
		CHECK(p.nap < before || p.nap == 0.);
	}
	CHECK(p.nap == 0.);
}

static void holds(void)
{
	struct coalesce p = coalesce_of(0.005);

	for (int i = 0; i < 5; i++)
		CHECK(coalesce_next(&p, 1000));
	double before = p.nap;
	CHECK(coalesce_next(&p, CAPACITY / 2));
	CHECK(p.nap == before);
}

static int looks_until_waiting(struct coalesce *p)
{
	for (int i = 1; i < 100; i++)
		if (!coalesce_next(p, 0))
			return i;
	return -1;
}

static void lone_line(void)
{
	struct coalesce p = coalesce_of(0.005);

	CHECK(p.nap == 0.);
	CHECK(coalesce_next(&p, 100));
	CHECK(p.nap < 0.001);
	CHECK_INT(looks_until_waiting(&p), 1);
	coalesce_start(&p, 1.);
	CHECK(p.nap == 0.);
}

static void flow_of_lines(void)
{
	struct coalesce p = coalesce_of(0.005);

	CHECK(coalesce_next(&p, 100));
	CHECK_INT(looks_until_waiting(&p), 1);
	coalesce_start(&p, 0.002);
	CHECK(p.nap == 0.005);
	CHECK(coalesce_next(&p, 500));
	CHECK(p.nap == 0.005);
}

static void stuttering_flow(void)
{
	struct coalesce p = coalesce_of(0.005);

	CHECK(coalesce_next(&p, CAPACITY / 2));
	CHECK(coalesce_next(&p, 0));
	CHECK(p.nap > 0. && p.nap < 0.001);
	CHECK(looks_until_waiting(&p) > 2);
	CHECK(p.nap == 0.005);
	coalesce_start(&p, 0.002);
	CHECK(p.nap == 0.);
}

static void off(void)
{
	struct coalesce p = coalesce_of(0.);

	CHECK(coalesce_next(&p, 100));
	CHECK(p.nap == 0.);
	CHECK(!coalesce_next(&p, 0));
	CHECK(coalesce_next(&p, CAPACITY));
	CHECK(!coalesce_next(&p, 0));
	coalesce_start(&p, 0.);
	CHECK(p.nap == 0.);
}

int main(void)
{
	TEST("coalesce: naps grow to the longest while little comes", grows);
	TEST("coalesce: naps shrink to none while the pipe is nearly full", shrinks);
	TEST("coalesce: naps stay while a good part of the pipe comes", holds);
	TEST("coalesce: a lone line is read at once, and soon waited for the next", lone_line);
	TEST("coalesce: lines that come one by one but often are collected", flow_of_lines);
	TEST("coalesce: a heavy flow that stutters is looked after soon, then less and less",
	     stuttering_flow);
	TEST("coalesce: with an interval of 0 there are no naps", off);
	return test_end();
}
