"""A share of a data set that stays the same from run to run, with every person in proportion."""

from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b


def choose_subset(names: Sequence[tuple[str, str]], share: float) -> list[int]:
    """Chooses round(share * n) of n portraits, at least one, by nothing but their names.

    A person with k portraits keeps share * k of them, rounded up or down. A smaller share is a part of a larger one, so
    that runs on 1 % and on 5 % can be compared.

    Args:
        names: (person, name) of each portrait. Persons who are not known have a name of their own each.
        share: in (0, 1].

    Returns:
        Indices into `names`, ascending.
    """
    of_person: dict[str, list[int]] = defaultdict(list)
    for index, (person, _) in enumerate(names):
        of_person[person].append(index)
    rank = {}
    for person, indices in of_person.items():
        # The j-th of k portraits gets (j + u) / k with the person's own u in [0, 1): below any threshold t lie t * k of
        # them, rounded up or down, and over many persons the roundings cancel.
        start = _uniform(person)
        for j, index in enumerate(sorted(indices, key=lambda index: _uniform(names[index][1]))):
            rank[index] = (j + start) / len(indices)
    count = max(1, round(share * len(names)))
    return sorted(sorted(rank, key=lambda index: (rank[index], names[index]))[:count])


def _uniform(text: str) -> float:
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest(), "big") / 2**48
