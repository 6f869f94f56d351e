"""Ridge regression in plain Python, from sums alone, optionally without negative weights."""

from collections.abc import Sequence
from dataclasses import dataclass

ROUNDS = 400


@dataclass(slots=True)
class Moments:
    """The sums of one group of rows from which a regression can be solved."""

    count: int
    gain: float
    features: list[float]
    gain_by_feature: list[float]
    products: list[list[float]]  # upper triangle

    @classmethod
    def empty(cls, size: int) -> "Moments":
        return cls(0, 0.0, [0.0] * size, [0.0] * size, [[0.0] * size for _ in range(size)])

    def add(self, features: Sequence[float], gain: float) -> None:
        self.count += 1
        self.gain += gain
        for i, value in enumerate(features):
            if value:
                self.features[i] += value
                self.gain_by_feature[i] += value * gain
                row = self.products[i]
                for j in range(i, len(features)):
                    row[j] += value * features[j]


@dataclass(frozen=True, slots=True)
class Fit:
    """A linear score in units of gain."""

    weights: tuple[float, ...]
    intercept: float

    def score(self, features: Sequence[float]) -> float:
        return self.intercept + sum(value * weight for value, weight in zip(features, self.weights, strict=True))


def solve(groups: Sequence[Moments], *, shrinkage: float, may_be_negative: bool) -> Fit:
    """Minimise squared error plus shrinkage over standardised features, differences within each group only.

    Shrinkage scales the whole score down; afterwards it is stretched by the one factor that fits the gain best, so that
    it predicts gain again.
    """
    covariance, with_gain, count = _within(groups)
    size = len(with_gain)
    deviation = [max(covariance[i][i] / count, 1e-12) ** 0.5 for i in range(size)]
    left = [[covariance[i][j] / count / deviation[i] / deviation[j] for j in range(size)] for i in range(size)]
    right = [with_gain[i] / count / deviation[i] for i in range(size)]
    standard = _descend(left, right, shrinkage, may_be_negative)
    spread = sum(standard[i] * standard[j] * left[i][j] for i in range(size) for j in range(size))
    stretch = sum(w * b for w, b in zip(standard, right, strict=True)) / spread if spread else 0.0
    weights = tuple(stretch * w / d for w, d in zip(standard, deviation, strict=True))
    total = sum(group.count for group in groups)
    mean = [sum(group.features[i] for group in groups) / total for i in range(size)]
    intercept = sum(group.gain for group in groups) / total - sum(w * m for w, m in zip(weights, mean, strict=True))
    return Fit(weights, intercept)


def _within(groups: Sequence[Moments]) -> tuple[list[list[float]], list[float], int]:
    """Sums of squares and products around each group's own mean, added over the groups."""
    size = len(groups[0].features)
    products = [[0.0] * size for _ in range(size)]
    with_gain = [0.0] * size
    for group in groups:
        for i in range(size):
            with_gain[i] += group.gain_by_feature[i] - group.features[i] * group.gain / group.count
            for j in range(i, size):
                products[i][j] += group.products[i][j] - group.features[i] * group.features[j] / group.count
    for i in range(size):
        for j in range(i):
            products[i][j] = products[j][i]
    return products, with_gain, sum(group.count for group in groups)


def _descend(left: list[list[float]], right: list[float], shrinkage: float, may_be_negative: bool) -> list[float]:
    """Coordinate descent; the problem is convex, so it ends at the one best point."""
    size = len(right)
    weights = [0.0] * size
    for _ in range(ROUNDS):
        for i in range(size):
            rest = right[i] - sum(left[i][j] * weights[j] for j in range(size) if j != i)
            weights[i] = rest / (left[i][i] + shrinkage)
            if not may_be_negative:
                weights[i] = max(weights[i], 0.0)
    return weights
