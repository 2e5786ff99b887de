/** One seed for every property, so that a test that passed passes again; RETORT_TEST_SEED explores others. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.RETORT_TEST_SEED ?? 1) });
