"""What checkdmarc says of domains, beside what `sekisho check` says: see checkdmarc.sh.

    checkdmarc_beside.py SERVER OURS DOMAINS TABLE

OURS is the output of `sekisho check --format json`, DOMAINS the zone file whose comments say what is the matter, TABLE where
the table goes. The end is 1 when checkdmarc finds something of which we say nothing, and which is no named exception.
"""

import json
import re
import socket
import sys

SERVER = sys.argv[1]

# Part of checkdmarc's result: our families of rules that speak of it.
PARTS = {
    "spf": ("SPF",),
    "dmarc": ("DMC",),
    "mx": ("MXN",),
    "bimi": ("BIM",),
    "mta_sts": ("STS",),
    "smtp_tls_reporting": ("TRP",),
}

# That an optional record is not there is no mistake of the domain's; so it is said of every domain.
ABSENT = re.compile(
    r"(A |An )?(BIMI|MTA-STS|SMTP TLS Reporting|TLSRPT).*(does not exist|not found)", re.IGNORECASE | re.DOTALL
)

# What we advise domains without a mistake, too: it answers nothing.
GENERAL = {"SPF45", "DMC48", "DMC50", "MXN10"}

# Said of every domain here, as the zone has no names of addresses; the table would be full of it.
NO_NAME = re.compile(r"does not have any reverse DNS")

# Where the standard is on our side: domain and part, and why.
EXCEPTIONS = json.loads(open(sys.argv[0].replace(".py", ".exceptions.json")).read())


def loopback_only():
    """No name is asked for beyond the zone, and nothing is connected to: its HTTPS fails at once, as it does for us."""

    def refuse(*arguments, **named):
        raise socket.gaierror(socket.EAI_NONAME, "only the loopback is there")

    socket.getaddrinfo = refuse


def theirs(domains):
    import checkdmarc

    results = {}
    for domain in domains:
        found = checkdmarc.check_domains([domain], nameservers=[SERVER], timeout=2.0)
        results[domain] = json.loads(json.dumps(found, default=str))
    return results


def complaints(part):
    """The sentences of an error and of warnings."""
    if not isinstance(part, dict):
        return []
    sentences = [part["error"]] if part.get("error") else []
    sentences += part.get("warnings") or []
    # What the library beneath it says of HTTPS changes with that library's version.
    return [re.sub(r"HTTPSConnectionPool\(.*", "(no HTTPS)", str(sentence), flags=re.DOTALL) for sentence in sentences]


def cell(text):
    return re.sub(r"\s+", " ", text).replace("|", "\\|").replace("<", "&lt;").strip()


def main():
    loopback_only()
    ours = {}
    for line in open(sys.argv[2]):
        one = json.loads(line)
        ours[one["domain"]] = one["findings"]
    matter, domains = {}, []
    comment = ""
    for line in open(sys.argv[3]):
        if line.startswith("; "):
            comment = line[2:].strip()
        found = re.match(r"(?:\S+\.)?([a-z0-9-]+\.example)\.", line)
        if found and found.group(1) in ours and found.group(1) not in matter:
            matter[found.group(1)] = comment
            domains.append(found.group(1))
    missed, used, rows = [], set(), []
    for domain, result in theirs(domains).items():
        for part, families in PARTS.items():
            said = [one for one in complaints(result.get(part)) if not ABSENT.search(one)]
            rules = sorted({one["rule"] for one in ours[domain] if one["rule"].startswith(families)} - GENERAL)
            if "MXN08" in rules:
                said = [one for one in said if not NO_NAME.search(one)]
                rules.remove("MXN08")
            own = part == {"sts": "mta_sts", "tlsrpt": "smtp_tls_reporting"}.get(domain.split("-")[0], domain.split("-")[0])
            if said or own:
                rows.append((domain, matter[domain], part, said, rules))
            if said and not rules:
                key = f"{domain} {part}"
                if key in EXCEPTIONS:
                    used.add(key)
                else:
                    missed.append(f"{domain}: {part}: {said}")
    table(rows)
    for one in missed:
        print("nothing of ours:", one)
    for key in sorted(set(EXCEPTIONS) - used):
        print("an exception that is none any more:", key)
        missed.append(key)
    print(len(domains), "domains,", sum(len(row[3]) for row in rows), "complaints,", len(missed), "missed")
    sys.exit(1 if missed else 0)


def table(rows):
    with open(sys.argv[4], "w") as out:
        out.write("| domain | what is the matter | checkdmarc | sekisho check |\n|--|--|--|--|\n")
        for domain, matter, part, said, rules in rows:
            why = EXCEPTIONS.get(f"{domain} {part}", "–")
            told = "<br>".join(cell(one) for one in said) or "–"
            out.write(f"| {domain.removesuffix('.example')} | {cell(matter)} | {part}: {told} | {', '.join(rules) or why} |\n")


main()
