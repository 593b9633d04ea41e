PRAGMA application_id = 1448035137;
BEGIN TRANSACTION;
CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL);
INSERT INTO "migrations" VALUES('m001_voices_and_takes','2026-11-22T20:24:21+00:00');
CREATE TABLE runs (
            number INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which runs came in
            id TEXT NOT NULL UNIQUE,
            voice_id TEXT REFERENCES voices (id) ON DELETE SET NULL
        );
INSERT INTO "runs" VALUES(1,'run','ea280c9d8ee4f4ec66b52a9e520329a5');
CREATE TABLE takes (
            id TEXT PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
            take_index INTEGER NOT NULL,
            audio_blob TEXT NOT NULL,
            performance_blob TEXT,
            place INTEGER,                  -- 1 is the best; none before the run is ranked
            verdict TEXT CHECK (verdict IN ('kept', 'rejected')),
            note TEXT NOT NULL DEFAULT '',
            favourite INTEGER NOT NULL DEFAULT 0 CHECK (favourite IN (0, 1)),
            search_text TEXT NOT NULL,
            created_at TEXT NOT NULL,
            receipt TEXT NOT NULL,          -- large, so last: a search need not read past it
            UNIQUE (run, take_index)
        );
INSERT INTO "takes" VALUES('ebc95d44f328479b2e2bc7a56de15e6c',1,0,'ba0693c132bb62683d62a14548300a6efec88dddae0d93256ef07f18195a47a1.wav',NULL,2,NULL,'',0,'we made it warm rené','2026-11-22T20:24:21.511924+00:00','{
  "schema": "vocalino/take/1",
  "synthetic": true,
  "disclosure": "This sound is synthetic: it was made by a machine and is no recording of a person.",
  "created_at": "2026-11-22T20:24:21.511924Z",
  "line": {
    "text": "We made it",
    "language": "auto"
  },
  "direction": {
    "text": "warm"
  },
  "source": null,
  "reference": {
    "name": "René",
    "content_hash": "d03070a5988f84624000740b7f5b489bad67e6bca6757036902e61b48dbe0c4b",
    "duration_s": 0.1,
    "sample_rate_hz": 16000,
    "file": null
  },
  "consent": null,
  "takes": 2,
  "seed": 7,
  "index": 0,
  "take_seed": 4154661774,
  "design": {
    "temperature": null,
    "top_p": null,
    "top_k": null,
    "repetition_penalty": null,
    "max_new_tokens": null
  },
  "convert": {
    "ode_steps": 12,
    "length_adjust": 1.0,
    "cfg_intelligibility": 0.7,
    "cfg_similarity": 0.7,
    "top_p": 0.9,
    "temperature": 1.0,
    "repetition_penalty": 1.0,
    "convert_style": false,
    "anonymization_only": false
  },
  "cast": "draft",
  "engines": {
    "designer": {
      "name": "fake",
      "revision": "1",
      "device": "cpu",
      "dtype": "float32",
      "licence": "MIT"
    }
  },
  "versions": {
    "vocalino": "0.1.0"
  },
  "verdicts": [
    {
      "scorer": "level",
      "outcome": "pass",
      "evidence": "fine",
      "value": 0.5,
      "gate": false
    }
  ],
  "placed": {
    "place": 2,
    "passed": true,
    "reason": "take 0"
  },
  "timings_s": {
    "design": 0.5
  },
  "audio": {
    "name": "take-0.wav",
    "sha256": "ba0693c132bb62683d62a14548300a6efec88dddae0d93256ef07f18195a47a1",
    "content_hash": "ddcdb4290bd505de3d997883e7721294d092e859437bbcb296b9300dbd1302ac",
    "format": "wav",
    "sample_rate_hz": 16000,
    "duration_s": 0.1
  },
  "performance": null
}
');
INSERT INTO "takes" VALUES('15facc616b45f054fcc6457ca86c1449',1,1,'15cfb078cc3a890a317566ab2f8b27302ceb98e922be5ad298cccb45842c7ace.wav',NULL,1,'kept','the one',1,'the one we made it warm rené','2026-11-22T20:24:21.512412+00:00','{
  "schema": "vocalino/take/1",
  "synthetic": true,
  "disclosure": "This sound is synthetic: it was made by a machine and is no recording of a person.",
  "created_at": "2026-11-22T20:24:21.512412Z",
  "line": {
    "text": "We made it",
    "language": "auto"
  },
  "direction": {
    "text": "warm"
  },
  "source": null,
  "reference": {
    "name": "René",
    "content_hash": "d03070a5988f84624000740b7f5b489bad67e6bca6757036902e61b48dbe0c4b",
    "duration_s": 0.1,
    "sample_rate_hz": 16000,
    "file": null
  },
  "consent": null,
  "takes": 2,
  "seed": 7,
  "index": 1,
  "take_seed": 485830448,
  "design": {
    "temperature": null,
    "top_p": null,
    "top_k": null,
    "repetition_penalty": null,
    "max_new_tokens": null
  },
  "convert": {
    "ode_steps": 12,
    "length_adjust": 1.0,
    "cfg_intelligibility": 0.7,
    "cfg_similarity": 0.7,
    "top_p": 0.9,
    "temperature": 1.0,
    "repetition_penalty": 1.0,
    "convert_style": false,
    "anonymization_only": false
  },
  "cast": "draft",
  "engines": {
    "designer": {
      "name": "fake",
      "revision": "1",
      "device": "cpu",
      "dtype": "float32",
      "licence": "MIT"
    }
  },
  "versions": {
    "vocalino": "0.1.0"
  },
  "verdicts": [
    {
      "scorer": "level",
      "outcome": "pass",
      "evidence": "fine",
      "value": 0.5,
      "gate": false
    }
  ],
  "placed": {
    "place": 1,
    "passed": true,
    "reason": "take 1"
  },
  "timings_s": {
    "design": 0.5
  },
  "audio": {
    "name": "take-1.wav",
    "sha256": "15cfb078cc3a890a317566ab2f8b27302ceb98e922be5ad298cccb45842c7ace",
    "content_hash": "2e5f93446c21bbfd00408a473826985fe4f86ae04821ca55b94a4e6deb304a81",
    "format": "wav",
    "sample_rate_hz": 16000,
    "duration_s": 0.1
  },
  "performance": null
}
');
CREATE TABLE voice_tags (
            voice_id TEXT NOT NULL REFERENCES voices (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            tag TEXT NOT NULL,
            tag_key TEXT NOT NULL,
            PRIMARY KEY (voice_id, tag_key)
        );
INSERT INTO "voice_tags" VALUES('ea280c9d8ee4f4ec66b52a9e520329a5',0,'alto','alto');
INSERT INTO "voice_tags" VALUES('ea280c9d8ee4f4ec66b52a9e520329a5',1,'calm','calm');
CREATE TABLE voices (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            name_key TEXT NOT NULL UNIQUE,  -- twins of a name have the same key
            clip_blob TEXT NOT NULL,
            content_hash TEXT NOT NULL,     -- of the decoded clip
            duration_s REAL NOT NULL,
            sample_rate_hz INTEGER NOT NULL,
            notes TEXT NOT NULL,
            consent_basis TEXT NOT NULL CHECK (consent_basis IN
                ('self', 'recorded_consent', 'licensed', 'synthetic', 'unstated')),
            consent_statement TEXT NOT NULL,
            source TEXT NOT NULL CHECK (source IN ('clip', 'designed')),
            description TEXT NOT NULL,      -- the words a designed voice was made from
            receipt TEXT,                   -- of the take that a designed voice was cut from
            search_text TEXT NOT NULL,
            created_at TEXT NOT NULL
        );
INSERT INTO "voices" VALUES('ea280c9d8ee4f4ec66b52a9e520329a5','René','rené','7fdb3ec511b211646a2aa9e585a37fe257933c2e6bd860ea920f1751dbe07ad7.wav','d03070a5988f84624000740b7f5b489bad67e6bca6757036902e61b48dbe0c4b',0.1,16000,'','recorded_consent','I agree.','clip','',NULL,'rené alto calm','2026-11-22T20:24:21.479840+00:00');
CREATE INDEX voices_by_content ON voices (content_hash);
CREATE INDEX voice_tags_by_tag ON voice_tags (tag_key);
CREATE INDEX runs_by_voice ON runs (voice_id);
CREATE VIEW used_blobs (name) AS
            SELECT clip_blob FROM voices
            UNION ALL SELECT audio_blob FROM takes
            UNION ALL SELECT performance_blob FROM takes WHERE performance_blob IS NOT NULL;
CREATE INDEX voices_by_clip ON voices (clip_blob);
CREATE INDEX takes_by_audio ON takes (audio_blob);
CREATE INDEX takes_by_performance ON takes (performance_blob);
COMMIT;
