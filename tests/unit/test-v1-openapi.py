#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""test-v1-openapi.py OPENAPI PROGRAM: is every route of the program in the file, and the other way round, with the
same parameters and members; and is what it answers as the file says? PROGRAM: v1-answers. Prints TAP."""
import json
import subprocess
import sys

try:
    import yaml
    from jsonschema import Draft202012Validator
except ImportError as missing:
    print("1..0 # SKIP %s" % missing)
    sys.exit(0)

FILE, PROGRAM = sys.argv[1:]
METHODS = ("get", "put", "post", "patch", "delete")
results = []


def check(name, faults):
    results.append("%s %d - %s" % ("not ok" if faults else "ok", len(results) + 1, name))
    results.extend("# %s" % fault for fault in faults[:20])


class NoDuplicates(yaml.SafeLoader):
    """PyYAML takes the second of two members of one name."""


def mapping(loader, node):
    keys = [loader.construct_object(key) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError("line %d: '%s' stands twice" % (node.start_mark.line + 1, key))
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


NoDuplicates.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
with open(FILE, encoding="utf-8") as file:
    api = yaml.load(file, Loader=NoDuplicates)
lines = [json.loads(line) for line in subprocess.run([PROGRAM], stdout=subprocess.PIPE, check=True).stdout.splitlines()]
routes = {line["route"]: line for line in lines if "query" in line}
answers = [line for line in lines if "status" in line]


def resolve(value):
    while "$ref" in value:
        target = api
        for part in value["$ref"].lstrip("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        value = target
    return value


def validator(schema):
    # references are to the file, whose root goes with each schema
    return Draft202012Validator({"components": api["components"], "allOf": [schema]} if "$ref" in schema
                                else dict(schema, components=api["components"]))


def faults_of(schema, value):
    return ["%s: %s" % ("/".join(map(str, e.absolute_path)) or "(all)", e.message[:300])
            for e in validator(schema).iter_errors(value)]


operations = {}
for path, item in api["paths"].items():
    for method in METHODS:
        if method in item:
            operation = dict(item[method])
            operation["parameters"] = [resolve(p) for p in item.get("parameters", []) + operation.get("parameters", [])]
            operations["%s %s" % (method.upper(), path)] = operation

check("routes that are not described", sorted(set(routes) - set(operations)))
check("routes that are not there", sorted(set(operations) - set(routes)))

faults = []
for name in sorted(set(routes) & set(operations)):
    operation = operations[name]
    query = sorted(p["name"] for p in operation["parameters"] if p["in"] == "query")
    if query != sorted(routes[name]["query"]):
        faults.append("%s: parameters %s, described %s" % (name, sorted(routes[name]["query"]), query))
    inside = sorted(p["name"] for p in operation["parameters"] if p["in"] == "path")
    if inside != sorted(part[1:-1] for part in name.split("/") if part.startswith("{")):
        faults.append("%s: parts of the path, described %s" % (name, inside))
    body = operation.get("requestBody")
    members = sorted(resolve(body["content"]["application/json"]["schema"])["properties"]) if body else []
    if members != sorted(routes[name]["body"]):
        faults.append("%s: members %s, described %s" % (name, sorted(routes[name]["body"]), members))
check("parameters and members", faults)

faults, seen = [], set()
for answer in answers:
    name, status = answer["route"], str(answer["status"])
    responses = operations.get(name, {}).get("responses", {})
    if status not in responses:
        faults.append("%s answers %s, which is not described: %s" % (name, status, answer["answer"]))
        continue
    seen.add((name, status))
    content = resolve(responses[status])["content"]
    if answer["type"] not in content:
        faults.append("%s answers %s, described %s" % (name, answer["type"], list(content)))
    elif answer["type"] == "application/json":
        faults += ["%s %s: %s" % (name, status, f) for f in faults_of(content[answer["type"]]["schema"], answer["answer"])]
check("%d answers are as they are described" % len(answers), faults)

faults = []
for answer in answers:
    body = operations.get(answer["route"], {}).get("requestBody")
    if body and answer["sent"] is not None:
        wrong = faults_of(body["content"]["application/json"]["schema"], answer["sent"])
        # what the file allows is not refused for its form, and what it forbids is
        if bool(wrong) != (answer["status"] == 400):
            faults.append("%s %s is answered with %s: %s" % (answer["route"], answer["sent"], answer["status"], wrong))
check("what may be sent", faults)

faults = []
for name, operation in sorted(operations.items()):
    good = [status for status in operation["responses"] if status.startswith("2")]
    faults += ["%s: no answer %s was seen" % (name, status) for status in good if (name, status) not in seen]
    for media in operation.get("requestBody", {}).get("content", {}).values():
        for title, example in media.get("examples", {}).items():
            faults += ["%s, example '%s': %s" % (name, title, f) for f in faults_of(media["schema"], example["value"])]
check("each good answer was seen, each example is good", faults)

faults, used = [], json.dumps(api)
for kind in ("schemas", "responses", "parameters"):
    faults += ["%s/%s is used nowhere" % (kind, name) for name in api["components"][kind]
               if '"#/components/%s/%s"' % (kind, name) not in used]
ids = [operation["operationId"] for operation in operations.values()]
faults += ["operationId %s stands twice" % i for i in set(ids) if ids.count(i) > 1]
for name, schema in api["components"]["schemas"].items():
    Draft202012Validator.check_schema(schema)
check("nothing is left over", faults)

# the judge must see faults
broken = dict(next(a for a in answers if a["route"] == "GET /v1/events" and a["status"] == 200)["answer"], more=1)
check("a member too many is seen", [] if faults_of({"$ref": "#/components/schemas/EventPage"}, broken) else ["it is not"])

print("1..%d" % sum(not r.startswith("#") for r in results))
print("\n".join(results))
sys.exit(any(r.startswith("not ok") for r in results))
