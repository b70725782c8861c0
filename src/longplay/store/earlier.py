"""The schemas of earlier versions, as they were: a file of theirs is known by them. Never changed."""

from longplay.store.schema import TABLES, VERSION

TABLES_1 = """
CREATE TABLE meta(
  key TEXT PRIMARY KEY, value TEXT NOT NULL
) WITHOUT ROWID;

-- study, personas, scripts and items as they were when the run began (JSON), so that a run explains itself
CREATE TABLE documents(
  kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY(kind, name)
) WITHOUT ROWID;

CREATE TABLE names(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE
);

-- user turns, once each
CREATE TABLE texts(
  id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, body TEXT NOT NULL
);

-- every call, under its call key; a transient failure is replaced when it is asked again. `attempts` = 0: not sent and
-- not paid, because the prompt could not fit, or because an earlier run had the reply.
-- Long columns stand last, so that reading the short ones touches no overflow page.
CREATE TABLE calls(
  id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL, model INTEGER NOT NULL,
  reason INTEGER NOT NULL, finish INTEGER NOT NULL, empty INTEGER NOT NULL,
  prompt INTEGER, cached INTEGER, completion INTEGER, written INTEGER,
  attempts INTEGER NOT NULL, latency_s REAL NOT NULL,
  at INTEGER NOT NULL, text TEXT, reasoning TEXT, detail TEXT, raw BLOB
);

-- what was paid, summed as it was paid: replaced calls count too; `unmetered` calls came back without token counts
CREATE TABLE spent(
  model INTEGER NOT NULL, kind INTEGER NOT NULL, requests INTEGER NOT NULL, attempts INTEGER NOT NULL,
  prompt INTEGER NOT NULL, cached INTEGER NOT NULL, completion INTEGER NOT NULL, written INTEGER NOT NULL,
  unmetered INTEGER NOT NULL,
  PRIMARY KEY(model, kind)
) WITHOUT ROWID;

CREATE TABLE dialogues(
  id INTEGER PRIMARY KEY, model INTEGER NOT NULL, persona INTEGER NOT NULL, script INTEGER NOT NULL,
  ord INTEGER NOT NULL, policy INTEGER NOT NULL, draw INTEGER NOT NULL,
  UNIQUE(model, persona, script, ord, policy, draw)
);

-- call IS NULL: never asked, `reason` says why (dialogue-stopped); else the call's own reason counts.
-- `steps`: how many journal rows count, from step 0
CREATE TABLE rounds(
  id INTEGER PRIMARY KEY, dialogue INTEGER NOT NULL, round INTEGER NOT NULL, user INTEGER NOT NULL,
  call INTEGER, reason INTEGER NOT NULL, steps INTEGER NOT NULL,
  UNIQUE(dialogue, round), CHECK(call IS NOT NULL OR reason > 0)
);

CREATE TABLE conditions(
  id INTEGER PRIMARY KEY, dialogue INTEGER NOT NULL, checkpoint INTEGER NOT NULL,
  ask_persona INTEGER NOT NULL, ask_policy INTEGER NOT NULL,
  UNIQUE(dialogue, checkpoint, ask_persona, ask_policy)
);

CREATE TABLE answers(
  id INTEGER PRIMARY KEY, condition INTEGER NOT NULL, probe INTEGER NOT NULL, item INTEGER NOT NULL,
  draw INTEGER NOT NULL, call INTEGER, reason INTEGER NOT NULL, steps INTEGER NOT NULL,
  UNIQUE(condition, probe, item, draw), CHECK(call IS NOT NULL OR reason > 0)
);

-- which calls were made on the way to a round, an answer (metric 0) or a verdict (its metric); and for an answer, with
-- metric 0 and repeat n > 0, the call that sent its request again with equal bytes for the nth time
CREATE TABLE journal(
  kind INTEGER NOT NULL, subject INTEGER NOT NULL, metric INTEGER NOT NULL, judge INTEGER NOT NULL,
  judged_as INTEGER NOT NULL, repeat INTEGER NOT NULL, step INTEGER NOT NULL, call INTEGER NOT NULL,
  PRIMARY KEY(kind, subject, metric, judge, judged_as, repeat, step)
) WITHOUT ROWID;

-- a cache: recomputed from answers and journalled judge replies when `method` differs
CREATE TABLE verdicts(
  kind INTEGER NOT NULL, subject INTEGER NOT NULL, metric INTEGER NOT NULL, judge INTEGER NOT NULL,
  judged_as INTEGER NOT NULL, repeat INTEGER NOT NULL, method INTEGER NOT NULL, status INTEGER NOT NULL,
  reason INTEGER NOT NULL, score REAL, label INTEGER NOT NULL, steps INTEGER NOT NULL, why TEXT,
  PRIMARY KEY(kind, subject, metric, judge, judged_as, repeat)
) WITHOUT ROWID;

-- a cache: the estimates of the last analysis, one JSON body each
CREATE TABLE estimates(
  id INTEGER PRIMARY KEY, method TEXT NOT NULL, body TEXT NOT NULL
);
"""

TABLES_2 = """
CREATE TABLE meta(
  key TEXT PRIMARY KEY, value TEXT NOT NULL
) WITHOUT ROWID;

-- study, personas, scripts and items as they were when the run began (JSON), so that a run explains itself
CREATE TABLE documents(
  kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY(kind, name)
) WITHOUT ROWID;

CREATE TABLE names(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE
);

-- user turns, once each
CREATE TABLE texts(
  id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, body TEXT NOT NULL
);

-- every call, under its call key; a transient failure is replaced when it is asked again. `attempts` = 0: not sent and
-- not paid, because the prompt could not fit, or because an earlier run had the reply. `ending`, `served_by` and
-- `fingerprint` are what the server said of itself; `marked`: marks of a reasoning trace remain in the text. `raw`:
-- bytes that came and are not believed.
-- Long columns stand last, so that reading the short ones touches no overflow page.
CREATE TABLE calls(
  id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL, model INTEGER NOT NULL,
  reason INTEGER NOT NULL, finish INTEGER NOT NULL, empty INTEGER NOT NULL,
  prompt INTEGER, cached INTEGER, completion INTEGER, written INTEGER,
  attempts INTEGER NOT NULL, latency_s REAL NOT NULL,
  at INTEGER NOT NULL, marked INTEGER NOT NULL, ending INTEGER NOT NULL, served_by INTEGER NOT NULL,
  fingerprint INTEGER NOT NULL, text TEXT, reasoning TEXT, detail TEXT, raw BLOB
);

-- what was paid, summed as it was paid: replaced calls count too; `unmetered` calls came back without token counts
CREATE TABLE spent(
  model INTEGER NOT NULL, kind INTEGER NOT NULL, requests INTEGER NOT NULL, attempts INTEGER NOT NULL,
  prompt INTEGER NOT NULL, cached INTEGER NOT NULL, completion INTEGER NOT NULL, written INTEGER NOT NULL,
  unmetered INTEGER NOT NULL,
  PRIMARY KEY(model, kind)
) WITHOUT ROWID;

CREATE TABLE dialogues(
  id INTEGER PRIMARY KEY, model INTEGER NOT NULL, persona INTEGER NOT NULL, script INTEGER NOT NULL,
  ord INTEGER NOT NULL, policy INTEGER NOT NULL, draw INTEGER NOT NULL,
  UNIQUE(model, persona, script, ord, policy, draw)
);

-- call IS NULL: never asked, `reason` says why (dialogue-stopped); else the call's own reason counts.
-- `steps`: how many journal rows count, from step 0. `copied`: whether the reply is copied from an earlier one of its
-- dialogue; 0 where there is no reply
CREATE TABLE rounds(
  id INTEGER PRIMARY KEY, dialogue INTEGER NOT NULL, round INTEGER NOT NULL, user INTEGER NOT NULL,
  call INTEGER, reason INTEGER NOT NULL, steps INTEGER NOT NULL, copied INTEGER NOT NULL,
  UNIQUE(dialogue, round), CHECK(call IS NOT NULL OR reason > 0)
);

CREATE TABLE conditions(
  id INTEGER PRIMARY KEY, dialogue INTEGER NOT NULL, checkpoint INTEGER NOT NULL,
  ask_persona INTEGER NOT NULL, ask_policy INTEGER NOT NULL,
  UNIQUE(dialogue, checkpoint, ask_persona, ask_policy)
);

CREATE TABLE answers(
  id INTEGER PRIMARY KEY, condition INTEGER NOT NULL, probe INTEGER NOT NULL, item INTEGER NOT NULL,
  draw INTEGER NOT NULL, call INTEGER, reason INTEGER NOT NULL, steps INTEGER NOT NULL, copied INTEGER NOT NULL,
  UNIQUE(condition, probe, item, draw), CHECK(call IS NOT NULL OR reason > 0)
);

-- which calls were made on the way to a round, an answer (metric 0) or a verdict (its metric); and for an answer, with
-- metric 0 and repeat n > 0, the call that sent its request again with equal bytes for the nth time
CREATE TABLE journal(
  kind INTEGER NOT NULL, subject INTEGER NOT NULL, metric INTEGER NOT NULL, judge INTEGER NOT NULL,
  judged_as INTEGER NOT NULL, repeat INTEGER NOT NULL, step INTEGER NOT NULL, call INTEGER NOT NULL,
  PRIMARY KEY(kind, subject, metric, judge, judged_as, repeat, step)
) WITHOUT ROWID;

-- a cache: recomputed from answers and journalled judge replies when `method` differs
CREATE TABLE verdicts(
  kind INTEGER NOT NULL, subject INTEGER NOT NULL, metric INTEGER NOT NULL, judge INTEGER NOT NULL,
  judged_as INTEGER NOT NULL, repeat INTEGER NOT NULL, method INTEGER NOT NULL, status INTEGER NOT NULL,
  reason INTEGER NOT NULL, score REAL, label INTEGER NOT NULL, steps INTEGER NOT NULL, why TEXT,
  PRIMARY KEY(kind, subject, metric, judge, judged_as, repeat)
) WITHOUT ROWID;

-- a cache: the estimates of the last analysis, one JSON body each
CREATE TABLE estimates(
  id INTEGER PRIMARY KEY, method TEXT NOT NULL, body TEXT NOT NULL
);
"""


# every version ever released, by its number
SCHEMAS = {1: TABLES_1, 2: TABLES_2, VERSION: TABLES}
