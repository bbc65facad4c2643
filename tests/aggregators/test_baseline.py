"""Intervals of shares, and changes against a baseline, against published examples."""

from fractions import Fraction
from math import comb, erfc, sqrt
from statistics import NormalDist

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from aggregators.baseline import DOWN, UP, Moments, Share, Verdict, fisher, mean_change, moments, share_change, wilson

EXAMPLES = settings(max_examples=100, derandomize=True, database=None, deadline=None)
SHARES = st.integers(1, 400).flatmap(lambda n: st.builds(Share, st.just(n), st.integers(0, n)))
BASELINES = st.lists(SHARES, min_size=1, max_size=6)
SCORES = st.dictionaries(st.integers(0, 10).map(lambda n: Fraction(n, 10)), st.integers(1, 50), min_size=1, max_size=5)
BINOMIALS = (
    *(12, 11, 18, 11, 10, 16, 9, 11, 14, 15, 11, 9, 10, 13, 12),
    *(8, 12, 13, 10, 12, 13, 16, 12, 18, 16, 10, 16, 10, 12, 14),
)
"""Thirty samples of 50 each (Wetherill and Brown 1991, pp. 212-213)."""
SLEEP = (
    ("0.7", "-1.6", "-0.2", "-1.2", "-0.1", "3.4", "3.7", "0.8", "0", "2"),
    ("1.9", "0.8", "1.1", "0.1", "-0.1", "4.4", "5.5", "1.6", "4.6", "3.4"),
)
"""Extra hours of sleep with two drugs (Student 1908)."""


def verdict(now: Share, *baseline: Share, significance: float = 0.05) -> Verdict:
    """Compare shares, with any number of samples."""
    found = share_change(now, baseline, min_n=1, significance=significance)
    assert found is not None
    return found


def of_scores(now: Moments, *baseline: Moments, significance: float = 0.05) -> Verdict:
    """Compare means, with any number of samples."""
    found = mean_change(now, baseline, min_n=1, significance=significance)
    assert found is not None
    return found


def of_values(*values: str | int) -> Moments:
    """Return the moments of single values."""
    exact = [Fraction(value) for value in values]
    return moments({value: exact.count(value) for value in exact})


# ------------------------------------------------------------------------------------------- Wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_of_the_comparison_of_seven_methods(successes: int, n: int, low: float, high: float) -> None:
    """Newcombe 1998, his examples by method 3: the score method without correction for continuity, 95 %."""
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_as_r_computes_it() -> None:
    """prop.test(6, 52, correct = FALSE) prints 0.05396969 to 0.22971664 (R bug report 2794)."""
    assert wilson(6, 52) == pytest.approx((0.05396969, 0.22971664), abs=5e-9)


def test_wilson_at_99_percent() -> None:
    """prop.test(319, 1100, conf.level = 0.99) gives 0.2561 to 0.3264 (stats.stackexchange.com, question 183225)."""
    assert wilson(319, 1_100, confidence=0.99) == pytest.approx((0.2561, 0.3264), abs=5e-5)


def test_of_nothing_there_is_no_interval() -> None:
    """No data is not "somewhere between 0 and 1"."""
    assert wilson(0, 0) is None


@EXAMPLES
@given(share=SHARES, confidence=st.floats(0.5, 0.999))
@example(share=Share(1, 0), confidence=0.95)
@example(share=Share(1, 1), confidence=0.95)
def test_the_ends_are_the_shares_that_are_just_not_rejected(share: Share, confidence: float) -> None:
    """At each end the score test has exactly its critical value; failures have the mirrored interval."""
    n, successes = share
    found = wilson(successes, n, confidence=confidence)
    assert found is not None
    low, high = found
    z = NormalDist().inv_cdf((1 + confidence) / 2)

    assert 0 <= low <= successes / n <= high <= 1
    for end in found:
        if 0 < end < 1:
            assert abs(successes / n - end) / sqrt(end * (1 - end) / n) == pytest.approx(z, rel=1e-6)
    assert wilson(n - successes, n, confidence=confidence) == pytest.approx((1 - high, 1 - low))
    assert (low == 0) == (successes == 0)
    assert (high == 1) == (successes == n)


# ------------------------------------------------------------------------------------------- shares


def test_a_share_against_another() -> None:
    """5 of 95 against 12 of 62: z = 2.78, P = 0.0054, two-tailed (Gerstman, StatPrimer, exercise 9B.16)."""
    found = verdict(Share(95, 5), Share(62, 12))

    assert (found.now_n, found.baseline_n) == (95, 62)
    assert (found.now, found.baseline) == (5 / 95, 12 / 62)
    assert found.z == pytest.approx(-2.78, abs=5e-3)
    # 6.73 are the fewest expected (17 · 62/157), so the normal approximation stands alone; 0.00547 by it.
    assert found.p == pytest.approx(0.0054, abs=1e-4)
    assert found.direction == DOWN
    assert found.dispersion == 1


def test_a_difference_that_may_be_chance() -> None:
    """140 of 200 against 255 of 340: pooled 0.7314815, standard error 0.03949401, z = −1.266015; p = 0.2055."""
    found = verdict(Share(200, 140), Share(340, 255))

    assert found.z == pytest.approx(-1.266015, abs=5e-7)
    assert found.p == pytest.approx(0.2055, abs=5e-5)
    assert found.direction is None


def test_the_shipyards() -> None:
    """35 of 238 against 11 of 61: z = 0.64 the other way (Le, Introductory Biostatistics, example 6.6)."""
    assert verdict(Share(61, 11), Share(238, 35)).z == pytest.approx(0.64, abs=5e-3)


@pytest.mark.parametrize(
    ("successes", "n", "hits", "total", "p"),
    [
        (3, 4, 4, 8, 2 * 17 / 70),  # the lady tasting tea: 17/70 = 0.2429 on one side, and it is symmetric
        (8, 10, 9, 16, 400 / 11_440),  # whales and sharks: 0.0349…
        (2, 17, 12, 30, 0.0005367),  # convictions of like-sex twins
        (0, 5, 0, 9, 1),
        (5, 5, 9, 9, 1),
    ],
)
def test_fisher_of_known_tables(successes: int, n: int, hits: int, total: int, p: float) -> None:
    """R's fisher.test (tea, twins) and SciPy's fisher_exact (whales); with one outcome possible p is 1.

    Whales by hand: of C(16, 9) = 11,440 tables, C(10, 8)·6 = 270, C(10, 9)·1 = 10 above and C(10, 3)·1 = 120 below are
    no likelier.
    """
    assert fisher(successes, n, hits=hits, total=total) == pytest.approx(p, abs=5e-8)


@EXAMPLES
@given(now=SHARES, before=SHARES)
def test_fisher_is_a_sum_over_all_tables(now: Share, before: Share) -> None:
    """In integers of any size: the tables no likelier than the one seen, of all with the same margins."""
    n, hits, total = now.n, now.successes + before.successes, now.n + before.n
    weights = [comb(n, k) * comb(total - n, hits - k) for k in range(min(n, hits) + 1)]
    no_likelier = sum(weight for weight in weights if weight <= weights[now.successes])

    assert fisher(now.successes, n, hits=hits, total=total) == pytest.approx(no_likelier / sum(weights), rel=1e-6)


def test_fisher_of_great_numbers() -> None:
    """Nobody of a million against ten of a million: 2 · (1/2)^10, nearly."""
    assert fisher(0, 10**6, hits=10, total=2 * 10**6) == pytest.approx(2**-9, rel=1e-4)
    assert fisher(10**4, 10**4, hits=10**4, total=10**6) == 0


def test_few_expected_ask_for_the_exact_test() -> None:
    """8 of 10 against 1 of 6: the fewest expected are 6 · 7/16 = 2.6, so p is Fisher's 0.035, not 0.013."""
    found = verdict(Share(10, 8), Share(6, 1))

    assert found.z == pytest.approx(2.472, abs=5e-4)
    assert erfc(found.z / sqrt(2)) == pytest.approx(0.0134, abs=5e-5)
    assert found.p == pytest.approx(400 / 11_440)


@pytest.mark.parametrize(("successes", "exact"), [(2, False), (1, True)])
def test_five_expected_are_enough(successes: int, *, exact: bool) -> None:
    """With 8 of 100 before, 2 of 100 make 5 expected in each, 1 of 100 makes 4.5."""
    found = verdict(Share(100, successes), Share(100, 8))
    normal = erfc(abs(found.z) / sqrt(2))

    assert found.p == (fisher(successes, 100, hits=successes + 8, total=200) if exact else normal)
    assert (found.p > normal) == exact


@pytest.mark.parametrize(("now_n", "baseline_n"), [(29, 500), (500, 29), (0, 500), (500, 0)])
def test_too_little_is_no_verdict(now_n: int, baseline_n: int) -> None:
    """Below the least n on either side there is none, not "no change"; at it there is."""
    now, before = Share(now_n, 0), [Share(baseline_n, baseline_n)]

    assert share_change(now, before, min_n=30, significance=0.05) is None
    assert share_change(Share(30, 0), [Share(30, 30)], min_n=30, significance=0.05) is not None


def test_the_buckets_together_are_enough() -> None:
    """Six weeks of five each are thirty; no bucket at all is nothing, whatever the least n."""
    assert share_change(Share(30, 9), [Share(5, 1)] * 6, min_n=30, significance=0.05) is not None
    assert share_change(Share(30, 9), [], min_n=0, significance=0.05) is None


def test_both_jumps_and_drops_are_found() -> None:
    """From 70 % to 90 %, and to 40 %."""
    assert verdict(Share(100, 90), Share(400, 280)).direction == UP
    assert verdict(Share(100, 40), Share(400, 280)).direction == DOWN


def test_the_significance_is_inclusive() -> None:
    """A p of exactly the significance is a change."""
    p = verdict(Share(95, 5), Share(62, 12)).p

    assert verdict(Share(95, 5), Share(62, 12), significance=p).direction == DOWN
    assert verdict(Share(95, 5), Share(62, 12), significance=p * 0.999).direction is None


@pytest.mark.parametrize("share", [0, 1])
def test_where_everything_is_the_same_nothing_changed(share: int) -> None:
    """All satisfied, now and before: no difference and no variance."""
    found = verdict(Share(40, 40 * share), Share(50, 50 * share), Share(60, 60 * share))

    assert (found.z, found.p, found.direction, found.dispersion) == (0, 1, None, 1)


# ------------------------------------------------------------------------------------------- dispersion


def test_binomial_samples_have_no_dispersion() -> None:
    """Pearson's statistic is 22.169 with 29 degrees of freedom: 0.76, counted as 1.

    The figure is that of qccOverdispersionTest in the R package qcc.
    """
    assert verdict(Share(50, 12), *(Share(50, k) for k in BINOMIALS)).dispersion == 1


def test_samples_that_come_in_threes_have_it() -> None:
    """Each counted three times over, the statistic is 3 · 22.16924: dispersion 66.50772/29."""
    found = verdict(Share(150, 36), *(Share(150, 3 * k) for k in BINOMIALS))

    assert found.dispersion == pytest.approx(3 * 22.16924 / 29, rel=1e-6)


def test_weeks_that_always_vary_are_no_alarm() -> None:
    """40, 60, 40 and 60 of 100 before, 62 now.

    Alone, 62 against 50 % of 400 has z = 0.12/√(0.524 · 0.476 · (1/100 + 1/400)) = 2.149. The weeks vary by 4 · 10²/25
    = 16 over 3 degrees of freedom, 5.33 times as much as chance; z over its root is 0.931.
    """
    steady = verdict(Share(100, 62), *[Share(100, 50)] * 4)
    restless = verdict(Share(100, 62), Share(100, 40), Share(100, 60), Share(100, 40), Share(100, 60))

    assert (steady.dispersion, steady.direction) == (1, UP)
    assert steady.z == pytest.approx(2.149, abs=5e-4)
    assert restless.dispersion == pytest.approx(16 / 3)
    assert restless.z == pytest.approx(0.931, abs=5e-4)
    assert restless.direction is None


def test_a_week_without_data_is_no_week() -> None:
    """It adds no degree of freedom: 40 and 60 of 100 vary by 2 · 10²/25 = 8 over one."""
    weeks = [Share(100, 40), Share(100, 60)]

    assert verdict(Share(100, 70), *weeks).dispersion == 8
    assert verdict(Share(100, 70), *weeks, Share(0, 0)) == verdict(Share(100, 70), *weeks)


# ------------------------------------------------------------------------------------------- means


def test_the_mean_of_scores() -> None:
    """SCAT scores after 8 and after 4 hours of sleep: means 5 and 4, sums of squares 32 and 46.

    (web.mst.edu/~psyworld/texample.htm.) About their common mean 4.5 they are 32 + 46 + 16 · 0.25 = 82, so s² = 5.125
    and z = 1/√(5.125 · (1/8 + 1/8)) = 0.88345.
    """
    found = of_scores(of_values(5, 7, 5, 3, 5, 3, 3, 9), of_values(8, 1, 4, 6, 6, 4, 1, 2))

    assert (found.now_n, found.baseline_n, found.now, found.baseline) == (8, 8, 5, 4)
    assert found.z == pytest.approx(0.88345, abs=5e-6)
    assert found.p == pytest.approx(2 * (1 - NormalDist().cdf(0.88345)), rel=1e-4)
    assert found.direction is None


def test_the_sleep_of_student() -> None:
    """R's t.test(extra ~ group, sleep, var.equal = TRUE): t = −1.8608, df = 18; z² = 20·t²/(18 + t²), z = −1.79628."""
    first, second = (of_values(*values) for values in SLEEP)
    found = of_scores(first, second, significance=0.1)

    assert (found.now, found.baseline) == (0.75, 2.33)
    assert found.z == pytest.approx(-1.79628, abs=2e-5)
    assert found.p == pytest.approx(0.0724, abs=5e-5)
    assert found.direction == DOWN


def test_moments_by_hand() -> None:
    """Scores 0, 1/4, 1/4 and 1: sum 3/2, squares 1/16 + 1/16 + 1; what was taken back counts for nothing."""
    found = moments({Fraction(0): 1, Fraction(1, 4): 2, Fraction(1): 1, Fraction(1, 2): 0, Fraction(3, 4): -1})

    assert found == Moments(4, Fraction(3, 2), Fraction(9, 8))
    assert moments({}) == Moments(0, Fraction(0), Fraction(0))


@EXAMPLES
@given(now=SHARES, baseline=BASELINES)
def test_a_share_is_the_mean_of_zeros_and_ones(now: Share, baseline: list[Share]) -> None:
    """In all but the p of few expected, which is never smaller."""

    def as_scores(share: Share) -> Moments:
        return moments({Fraction(1): share.successes, Fraction(0): share.n - share.successes})

    share, mean = verdict(now, *baseline), of_scores(as_scores(now), *map(as_scores, baseline))

    assert share._replace(p=0, direction=None) == mean._replace(p=0, direction=None)
    assert share.p >= mean.p


@EXAMPLES
@given(
    now=SCORES,
    weeks=st.lists(SCORES, min_size=1, max_size=4),
    factor=st.integers(2, 9).map(Fraction),
    shift=st.integers(-5, 5),
)
def test_the_scale_of_the_scores_is_of_no_matter(
    now: dict[Fraction, int], weeks: list[dict[Fraction, int]], factor: Fraction, shift: int
) -> None:
    """On 0 to 1 or on 1 to 5 the verdict is the same, and a scale turned around turns it around."""

    def scaled(scores: dict[Fraction, int], by: Fraction) -> Moments:
        return moments({score * by + shift: count for score, count in scores.items()})

    plain, larger, turned = (
        of_scores(scaled(now, by), *(scaled(week, by) for week in weeks)) for by in (Fraction(1), factor, Fraction(-1))
    )
    exact = ("z", "p", "dispersion")

    assert [getattr(larger, name) for name in exact] == pytest.approx([getattr(plain, name) for name in exact])
    assert [turned.z, turned.p] == pytest.approx([-plain.z, plain.p])


# ------------------------------------------------------------------------------------------- properties


@EXAMPLES
@given(now=SHARES, baseline=BASELINES)
def test_the_order_of_the_weeks_is_of_no_matter(now: Share, baseline: list[Share]) -> None:
    """What is called a success neither, but for the sign."""
    failures = [Share(share.n, share.n - share.successes) for share in (now, *baseline)]
    found, mirrored = verdict(now, *baseline), verdict(*failures)

    assert verdict(now, *reversed(baseline)) == found
    assert (mirrored.z, mirrored.dispersion) == (-found.z, found.dispersion)
    assert mirrored.p == pytest.approx(found.p)


@EXAMPLES
@given(now=SHARES, baseline=BASELINES, significance=st.floats(0.001, 0.5))
def test_a_verdict_says_what_it_says(now: Share, baseline: list[Share], significance: float) -> None:
    """Its p is a chance; there is a direction exactly when p is low enough, and it is that of the difference."""
    found = verdict(now, *baseline, significance=significance)

    assert 0 <= found.p <= 1
    assert found.dispersion >= 1
    assert (found.direction is not None) == (found.p <= significance)
    if found.direction is not None:
        assert found.direction == (UP if found.now > found.baseline else DOWN)
    assert (found.z > 0) == (found.now > found.baseline)


@EXAMPLES
@given(share=SHARES, before=SHARES)
def test_more_successes_are_never_further_down(share: Share, before: Share) -> None:
    """The z grows with each success now."""
    assume(share.successes < share.n)

    assert verdict(share._replace(successes=share.successes + 1), before).z > verdict(share, before).z
