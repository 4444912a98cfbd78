# Names of every kind – PLACE/root.zone, PLACE/list.csv – and what is true of them: PLACE/truth, a line for each region with names,
# SPF, DMARC.
#
# zone.py PLACE COUNT
import csv, sys

place, count = sys.argv[1], int(sys.argv[2])
regions = ["北海道", "東北", "関東", "中部", "近畿"]
zone = ["$TTL 3600", ". SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 300", ". NS ns.invalid.",
        '_spf.provider.example. TXT "v=spf1 ip4:192.0.2.0/24 include:_more.provider.example ~all"',
        '_more.provider.example. TXT "v=spf1 ip4:198.51.100.0/24 ~all"']
names, truth = [], {}
for number in range(count):
    name, region = "n%d.example" % number, regions[number * number % 5]
    counts = truth.setdefault(region, [0, 0, 0])
    names.append((name, region))
    counts[0] += 1
    kind = number % 8
    if kind == 7:
        continue                                     # does not exist
    zone.append("%s. MX %s" % (name, "0 ." if kind == 6 else "10 mx.provider.example."))
    if kind in (0, 1, 2):
        zone.append('%s. TXT "v=spf1 include:_spf.provider.example -all"' % name)
        counts[1] += 1
    if kind == 3:
        zone.append('%s. TXT "v=spf1 ip4:192.0.2.%d ?all"' % (name, number % 256))
        counts[1] += 1
    if kind in (0, 4):
        zone.append('_dmarc.%s. TXT "v=DMARC1; p=%s; rua=mailto:r@provider.example"' % (name, "reject" if number % 16 else "none"))
        counts[2] += 1
    if kind == 1:
        # An answer that no datagram holds.
        zone.extend('%s. TXT "%s"' % (name, ("%d " % part) * 60) for part in range(20))
    zone.append('s1._domainkey.%s. TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="' % name)
open(place + "/root.zone", "w").write("\n".join(zone) + "\n")
with open(place + "/list.csv", "w", newline="") as out:
    csv.writer(out).writerows([("domain", "region")] + names)
open(place + "/truth", "w").write("".join("%s %d %d %d\n" % (region, *truth[region]) for region in sorted(truth)))
