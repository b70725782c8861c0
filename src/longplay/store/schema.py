"""The whole database schema of a run: one SQLite file. Tables and codes; no meaning of numbers."""

from typing import get_args

from longplay.records import REASONS, TRANSIENT, JudgeKind, SubjectKind
from longplay.records.messages import Finish, Reason, Status

# A store of an earlier version is written anew in this one's form (migrating.py); a later one is refused. Whoever
# changes TABLES raises VERSION, keeps the old text in earlier.py and adds a step.
VERSION = 3
APPLICATION = 0x6C6F6E67  # "long", so that other SQLite files are told apart

# Small integers stand for repeated words: `names` holds models, personas, scripts, policies, probes, items, metrics,
# judges, methods, parts of texts and labels. 0 = none: in a persona column the baseline, or a judge that saw no
# description; no label.
# `reason` columns: 0 = obtained, else 1 + the index in records.REASONS. Other words: the index in the tuples below.
# Stores hold these positions: words are only ever appended.
STATUSES: tuple[Status, ...] = ("ok", "repaired", "missing")
FINISHES: tuple[Finish | None, ...] = (None, "stop", "length", "filter", "other")
# a reply of the model under test; a policy's own call; a judge's reply; an item sent again with equal bytes; a reply
# that others obtained and published; a reply that the user's side asked for; a helper's reply
CALL_KINDS = ("turn", "step", "judge", "repeat", "import", "user", "helper")
SUBJECT_KINDS: tuple[SubjectKind, ...] = ("round", "answer", "text")
JUDGE_KINDS: tuple[JudgeKind, ...] = ("model", "program", "person")
# of a set of verdicts. earlier: of settings that the study no longer has, or of a judge that it no longer names;
# brought-in: obtained by others; current: the one of its judge and metric that counts. See counting.py
SET_STATES = ("earlier", "brought-in", "current")

REASON_CODES: dict[Reason | None, int] = {None: 0, **{r: i for i, r in enumerate(get_args(Reason), 1)}}
REASON_WORDS: dict[int, Reason | None] = {code: reason for reason, code in REASON_CODES.items()}
if tuple(REASON_CODES)[1:] != REASONS:
    raise AssertionError("records.Reason and records.REASONS differ")
FINISH_CODES = {finish: code for code, finish in enumerate(FINISHES)}
FINISH_WORDS = dict(enumerate(FINISHES))
STATUS_CODES = {status: code for code, status in enumerate(STATUSES)}
STATUS_WORDS = dict(enumerate(STATUSES))
KIND_CODES = {kind: code for code, kind in enumerate(CALL_KINDS)}
SUBJECT_CODES = {kind: code for code, kind in enumerate(SUBJECT_KINDS)}
JUDGE_CODES = {kind: code for code, kind in enumerate(JUDGE_KINDS)}
JUDGE_WORDS = dict(enumerate(JUDGE_KINDS))
EARLIER, BROUGHT_IN, CURRENT = range(len(SET_STATES))
TRANSIENT_CODES = tuple(sorted(REASON_CODES[reason] for reason in REASONS if reason in TRANSIENT))

# TEXT columns also hold text that is no valid Unicode (lone surrogates): as a BLOB, see rows.py.
TABLES = """
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
-- bytes that came and are not believed. `detail`: why nothing was obtained, in a line; of a reply that was obtained,
-- what its first token could have been where that was asked for: JSON, pairs of token and log probability.
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

-- texts that come with longplay, on which judges are tried
CREATE TABLE bundled(
  id INTEGER PRIMARY KEY, collection INTEGER NOT NULL, name INTEGER NOT NULL, text INTEGER NOT NULL,
  UNIQUE(collection, name)
);

-- the verdicts of one metric by one judge and method; `state`: see SET_STATES
CREATE TABLE sets(
  id INTEGER PRIMARY KEY, metric INTEGER NOT NULL, judge INTEGER NOT NULL, method INTEGER NOT NULL,
  judge_kind INTEGER NOT NULL, state INTEGER NOT NULL,
  UNIQUE(metric, judge, method, judge_kind)
);

-- which calls were made on the way to a round, an answer (set 0) or a verdict (its set); and for
-- an answer, with set 0 and repeat n > 0, the call that sent its request again with equal bytes for the nth time
CREATE TABLE journal(
  kind INTEGER NOT NULL, subject INTEGER NOT NULL, set_id INTEGER NOT NULL, judged_as INTEGER NOT NULL,
  part INTEGER NOT NULL, repeat INTEGER NOT NULL, step INTEGER NOT NULL, call INTEGER NOT NULL,
  PRIMARY KEY(kind, subject, set_id, judged_as, part, repeat, step)
) WITHOUT ROWID;

-- `part`: of the subject, 0 = all of it. What models and programs judge is a cache: made again from texts and the
-- replies of the journal
CREATE TABLE verdicts(
  kind INTEGER NOT NULL, subject INTEGER NOT NULL, set_id INTEGER NOT NULL, judged_as INTEGER NOT NULL,
  part INTEGER NOT NULL, repeat INTEGER NOT NULL, status INTEGER NOT NULL,
  reason INTEGER NOT NULL, score REAL, label INTEGER NOT NULL, steps INTEGER NOT NULL, why TEXT,
  PRIMARY KEY(kind, subject, set_id, judged_as, part, repeat)
) WITHOUT ROWID;

-- a cache: the estimates of the last analysis, one JSON body each
CREATE TABLE estimates(
  id INTEGER PRIMARY KEY, method TEXT NOT NULL, body TEXT NOT NULL
);
"""
