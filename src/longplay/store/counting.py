"""Which verdicts count, in SQL. Knows the tables alone.

Those of the current set of a judge and metric count. Those that were brought in count where no verdict of the current
set, and none that was brought in later, stands in the same place. Those of earlier sets do not count.
"""

from longplay.store.schema import BROUGHT_IN, CURRENT, JUDGE_CODES

_PERSON = JUDGE_CODES["person"]
_SAME = "w.kind=v.kind AND w.subject=v.subject AND w.judged_as=v.judged_as AND w.part=v.part AND w.repeat=v.repeat"
_LATER = f"(t.state={CURRENT} OR (t.state={BROUGHT_IN} AND t.id>s.id))"

# CROSS JOIN keeps SQLite to the order written: sets are few and say nothing of where their verdicts stand
FROM_VERDICTS = "verdicts v CROSS JOIN sets s ON s.id=v.set_id"
# of FROM_VERDICTS
COUNTS = (
    f"CASE s.state WHEN {CURRENT} THEN 1 WHEN {BROUGHT_IN} THEN NOT EXISTS (SELECT 1 FROM sets t JOIN verdicts w ON "
    f"w.set_id=t.id AND {_SAME} WHERE t.metric=s.metric AND t.judge=s.judge AND t.judge_kind=s.judge_kind "
    f"AND {_LATER}) ELSE 0 END"
)
# what is judged in full; people's verdicts are a sample
IN_FULL = f"{COUNTS} AND s.judge_kind<>{_PERSON}"
BY_PEOPLE = f"{COUNTS} AND s.judge_kind={_PERSON}"
