# SPDX-License-Identifier: MIT
"""Chrome's Trace Event Format, as far as traces use it: a schema for each phase, and the rules between
events that no schema can say. check() takes a file's path and returns what is in it."""
import decimal
import json

import jsonschema

HEX = {"type": "string", "pattern": "^0x[0-9a-f]+$"}
TIME = {"type": "number", "minimum": 0}
COUNT = {"type": "integer", "minimum": 0}
TEXT = {"type": "string", "minLength": 1}


def _object(required, optional=None):
    return {"type": "object", "properties": {**required, **(optional or {})},
            "required": list(required), "additionalProperties": False}


# No thread has the number 0: viewers take it for none.
_PLACE = {"name": TEXT, "pid": {"enum": [1, 2]}, "tid": {"type": "integer", "minimum": 1}}
_TIMED = {**_PLACE, "cat": TEXT, "ts": TIME}
_ACCESS = {"device": TEXT, "register": TEXT, "words": {"type": "string"},
           "dir": {"enum": ["read", "write"]}, "size": {"enum": [1, 2, 4, 8]},
           "count": {"type": "integer", "minimum": 1}, "value": HEX}
_PLACES = {"port": HEX, "address": HEX, "answered": {"const": False}, "backend_us": TIME}
_MODES = ["", "real16", "prot16", "prot32", "long64", "compat32", "compat16", "vm86"]

# An access's arguments; an exit that is none has a reason.
_EXIT = _object({**_ACCESS, "mode": {"enum": _MODES}, "rip": HEX}, {**_PLACES, "where": TEXT})
_ARGUMENTS = {
    ("X", "exit"): {"anyOf": [_EXIT, _object({"reason": TEXT})]},
    ("X", "device"): None,
    ("X", "rung"): _object({"line": {"type": "string", "pattern": "^rung [0-9]+ "}}),
    ("i", "collected"): _object(_ACCESS, _PLACES),
    ("i", "device"): None,
    ("i", "doorbell"): _object({"count": {"type": "integer", "minimum": 1}, "device": TEXT}),
    ("i", "interrupt"): _object({"number": COUNT}),
    ("i", "region"): _object({"device": TEXT, "space": {"enum": ["port", "memory"]}, "base": HEX,
                              "length": {"type": "integer", "minimum": 1},
                              "what": {"enum": ["device", "memory", "kernel", "reserved"]},
                              "present": {"type": "boolean"}},
                             {"bar": {"type": "string",
                                      "pattern": r"^00:[0-9a-f]{2}\.[0-7] BAR[0-5]$"}}),
    ("i", "reset"): _object({}),
    ("i", "gap"): _object({"lost": {"type": "integer", "minimum": 1}}),
    ("b", "request"): _object({"device": TEXT, "op": TEXT, "offset": COUNT, "length": COUNT}),
    ("e", "request"): {"anyOf": [_object({"device": TEXT, "moved": COUNT, "error": COUNT},
                                         {"worker_us": TIME}),
                                 _object({"device": TEXT, "open": {"const": True}})]},
}
_PHASES = {
    "X": {"ph": {"const": "X"}, "dur": TIME},
    "i": {"ph": {"const": "i"}, "s": {"const": "t"}},
    "b": {"ph": {"const": "b"}, "id": HEX},
    "e": {"ph": {"const": "e"}, "id": HEX},
}


def _schema_of(phase, category):
    arguments = _ARGUMENTS[phase, category]
    own = {} if arguments is None else {"args": arguments}
    return _object({**_TIMED, **_PHASES[phase], **own})


_METADATA = {
    "process_name": _object({"name": TEXT}), "thread_name": _object({"name": TEXT}),
    "thread_sort_index": _object({"sort_index": COUNT}),
}
_OTHER = _object({"format": {"const": 1}, "version": TEXT, "title": {"type": "string"},
                  "exits": COUNT, "records": COUNT, "lost": COUNT, "end_us": TIME,
                  "exit_status": {"type": "integer"}})
_WHOLE = _object({"traceEvents": {"type": "array"}, "otherData": _OTHER},
                 {"displayTimeUnit": {"enum": ["ms", "ns"]}})


def _validator(schema):
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


_VALIDATORS = {key: _validator(_schema_of(*key)) for key in _ARGUMENTS}
_VALIDATORS.update({("M", name): _validator(_object({**_PLACE, "ph": {"const": "M"}, "args": arguments}))
                    for name, arguments in _METADATA.items()})


class Trace:
    """A file that has been found right."""

    def __init__(self, events, other):
        self.events = events
        self.other = other

    def of(self, category, phase=None):
        return [x for x in self.events
                if x.get("cat") == category and phase in (None, x["ph"])]

    def accesses(self):
        """Exits and collected writes, in the order of the file."""
        return [x for x in self.events if x.get("cat") in ("exit", "collected")
                and "device" in x["args"]]

    def threads(self, process):
        return {x["tid"]: x["args"]["name"] for x in self.events
                if x["name"] == "thread_name" and x["pid"] == process}


def _ns(number):
    """A time as whole nanoseconds: it has three decimals, not more and not less."""
    assert decimal.Decimal(number).as_tuple().exponent == -3, number
    return int(number * 1000)


def _check_schemas(events):
    for event in events:
        key = (event["ph"], event["name"] if event["ph"] == "M" else event.get("cat"))
        assert key in _VALIDATORS, f"neither phase nor category is known: {event}"
        error = jsonschema.exceptions.best_match(_VALIDATORS[key].iter_errors(event))
        assert error is None, f"{error.message} in {event}"
        assert event["ph"] == "M" or "dir" not in event.get("args", {}) or \
            ("port" in event["args"]) != ("address" in event["args"]), event


def _check_names(events):
    """What a track is called is told before it is used, once, and no two of a process are called the same."""
    processes, threads = {}, {}
    for event in events:
        place = (event["pid"], event["tid"])
        if event["name"] == "process_name":
            assert processes.setdefault(event["pid"], event["args"]["name"]) == event["args"]["name"]
        elif event["name"] == "thread_name":
            name = (event["pid"], event["args"]["name"])
            assert place not in threads and name not in threads.values(), event
            threads[place] = name
        else:
            assert event["pid"] in processes and place in threads, f"no name yet: {event}"


def _check_spans(events):
    """Spans of one thread lie in each other or beside each other."""
    threads = {}
    for event in events:
        if event["ph"] == "X":
            begin = _ns(event["ts"])
            threads.setdefault((event["pid"], event["tid"]), []).append(
                (begin, -(begin + _ns(event["dur"])), event["name"]))
    for spans in threads.values():
        open_ends = []
        for begin, end, name in sorted(spans):
            while open_ends and open_ends[-1] <= begin:
                open_ends.pop()
            assert not open_ends or -end <= open_ends[-1], f"{name} at {begin} ns runs over an end"
            open_ends.append(-end)


def _check_requests(events):
    """Each beginning has one end, which comes after it and names the same thing on the same track."""
    running, seen = {}, set()
    for event in events:
        if event["ph"] not in ("b", "e"):
            continue
        key = (event["cat"], event["id"])
        if event["ph"] == "b":
            assert key not in seen, f"begins twice: {event}"
            seen.add(key)
            running[key] = event
            continue
        assert key in running, f"ends without a beginning: {event}"
        begin = running.pop(key)
        assert _ns(begin["ts"]) <= _ns(event["ts"]), event
        assert all(begin[x] == event[x] for x in ("name", "pid", "tid")), event
        assert begin["name"] == f"{begin['args']['device']} {begin['args']['op']}", begin
    assert not running, f"never ends: {running}"


def _track(arguments):
    """The track of what has these arguments: PCI functions that do not exist share one, and so do regions that
    are no devices."""
    if arguments["device"].startswith("pci ") and arguments.get("words", "").endswith("nobody"):
        return "pci, nobody there"
    if arguments.get("what") in ("memory", "reserved"):
        return "memory, reserved"
    return arguments["device"]


def _check_devices(trace):
    """An access is on its device's track as well; so are requests and regions."""
    threads = trace.threads(2)
    accesses = [(x["ts"], x.get("dur"), _track(x["args"])) for x in trace.accesses()]
    copies = [(x["ts"], x.get("dur"), threads[x["tid"]]) for x in trace.of("device")]
    assert accesses == copies
    for event in trace.of("request") + trace.of("region"):
        assert threads[event["tid"]] == _track(event["args"]), event


def _check_counts(trace):
    """What is told at the end is what there is."""
    other = trace.other
    assert other["exits"] == len(trace.of("exit"))
    assert other["lost"] == sum(x["args"]["lost"] for x in trace.of("gap"))
    records = sum(len(trace.of(x)) for x in ("exit", "collected", "doorbell", "interrupt", "region",
                                             "reset", "gap"))
    ends = [x for x in trace.of("request", "e") if "open" not in x["args"]]
    records += len(trace.of("request", "b")) + len(ends)
    # An end whose beginning was lost has been given one.
    assert records == other["records"] or (other["lost"] > 0 and records > other["records"])
    last = max((_ns(x["ts"]) for x in trace.events if x["ph"] != "M"), default=0)
    assert last <= _ns(other["end_us"])


def check(path):
    with open(path, encoding="utf-8", errors="strict") as file:
        whole = json.load(file, parse_float=decimal.Decimal,
                          parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
    jsonschema.validate(whole, _WHOLE)
    trace = Trace(whole["traceEvents"], whole["otherData"])
    _check_schemas(trace.events)
    for event in trace.events:
        if event["ph"] != "M":
            _ns(event["ts"])
    _check_names(trace.events)
    _check_spans(trace.events)
    _check_requests(trace.events)
    _check_devices(trace)
    _check_counts(trace)
    return trace
