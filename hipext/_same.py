"""Values known by being the very same object, for caches: no field is looked at."""


class Same:
    """One value; equal to another `Same` only if both hold the same object."""

    def __init__(self, value: object) -> None:
        self.value = value  # kept, so that no other object gets its id

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return self.value is other.value


class Sames:
    """Some values in order; equal if they are the same objects in the same order.

    `owner` is what they belong to; it is not compared.
    """

    def __init__(self, values: tuple, owner: object = None) -> None:
        self.values, self.owner = values, owner

    def __hash__(self) -> int:
        return hash(tuple(map(id, self.values)))

    def __eq__(self, other: object) -> bool:
        return [*map(id, self.values)] == [*map(id, other.values)]
