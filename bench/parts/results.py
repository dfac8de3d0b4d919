"""Rows of the results: ours beside a peer's, the ratio, the goal, and whether it is met."""

Row = dict[str, object]


def at_most(name: str, ours: float, peer: float, goal: float) -> Row:
    """Ours over the peer's is the goal at most."""
    return _row(name, ours, peer, ours / peer, goal, met=ours / peer <= goal)


def at_least(name: str, ours: float, peer: float, goal: float) -> Row:
    """Ours over the peer's is the goal at least."""
    return _row(name, ours, peer, ours / peer, goal, met=ours / peer >= goal)


def faster(name: str, ours: float, peer: float, goal: float) -> Row:
    """The peer's seconds over ours are the goal at least."""
    return _row(name, ours, peer, peer / ours, goal, met=peer / ours >= goal)


def _row(name: str, ours: float, peer: float, ratio: float, goal: float, *, met: bool) -> Row:
    values = {"ours": round(float(ours), 2), "peer": round(float(peer), 2), "ratio": round(float(ratio), 3)}
    return {"name": name, **values, "goal": goal, "met": bool(met)}
