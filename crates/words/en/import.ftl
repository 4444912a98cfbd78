### What `config import` says.

## What is written

import-title = Made by sekisho config import. Read it, and test it with sekisho config check.
import-always = Options that need no key of their own: what is above says the same, or Sekisho does so anyway.

## What is told of a line

import-told = { $place }: { $option }: { $reason }
import-told-line = { $place }: { $reason }
import-line = this line cannot be understood.
import-unknown = there is no such option.
import-repeated = { $other } has set this before; that line counts.
import-rest = only the first { $limit } are read.
import-which = { $file }: whose configuration this is cannot be told; say --from.
import-too-long = the configuration would be longer than { $limit_bytes } bytes; give --tables DIR, and keys and rules stand in tables beside it.
import-table-unwritten = The table { $file } cannot be written: { $reason }
import-bad-value = “{ $value }” cannot be used for { $key }.
import-bad-option = “{ $value }” is nothing that this option takes.
import-contradiction = { $key } would be “{ $value }”, but { $other } says otherwise, and counts.
import-overridden = KeyTable stands in its place.
import-table-unreadable = { $file } cannot be read ({ $reason }).
import-base = paths are written out in full; the daemon has no directory of its own.
import-relative = “{ $value }” is now sought beside the configuration of Sekisho.
import-include = this file is not followed; name it on the command line, too.

## Signing

import-key-incomplete = Domain, Selector and KeyFile are needed together.
import-key-inline = the key “{ $value }” stands in the table itself; put it into a file of its own.
import-key-by-sender = the file of the key “{ $value }” depends on the sender; write one [[signing.key]] for each domain.
import-key-unknown = there is no key “{ $value }”.
import-no-key-table = without a KeyTable it names no keys.
import-no-signing-table = without a SigningTable each key signs for its own domain and those below it.
import-not-signing = Mode says that nothing is signed.
import-by-key = the algorithm follows from the key.
import-unsafe-keys = keys that others can read are always refused; see [signing] key_readers.
import-unreached = “{ $value }” was never reached: { $other } matches first.
import-rules-do-not-add = rules with different patterns do not add up: the most specific one counts; name all keys in it.
import-no-pattern = “{ $value }”: such a pattern cannot be written.
import-no-identity = the identity (i=) is said for all signatures; see [signing] identity.
import-no-sender = the sender cannot be taken from the field “{ $value }”.
import-not-oversigned = the field “{ $value }” is signed as often as it is there, at least, but not always once more.
import-macro-any = the macro “{ $value }” needs values; see [outgoing] macros.
import-no-host-name = “{ $value }”: clients are known by address; write the networks.
import-no-negation = “{ $value }”: a network cannot be taken out of another; write those that remain.

## Why there is no equivalent

import-no-service = systemd, or whoever starts the daemon, sees to this.
import-no-log = the log goes to standard error, with reasons; see [daemon] log.
import-no-reports = reports are neither sent nor asked for.
import-ledger = the ledger keeps what there is to know of messages; see [ledger].
import-no-database = databases and services are not asked; write the entries into a file.
import-no-script = scripts are not run.
import-no-debug = this is for tests of that program alone.
import-no-resolver = Sekisho has a resolver of its own; see [dns].
import-no-dnssec = the DNS server validates DNSSEC; see [dns] resolvers.
import-limits = the limits of Sekisho are fixed.
import-no-standard = the standards settle this, and Sekisho keeps to them.
import-no-verdict = a signature that fails counts as none (RFC 6376 section 6.1), and DMARC decides; see [policy.dmarc].
import-no-cover = a signature cannot be refused for what it covers; verify tells what it does not cover.
import-no-length = the whole body is always signed, without l=.
import-no-recipients = signing depends on the sender alone, not on recipients or signatures.
import-no-rewriting = mail is not rewritten or sent elsewhere.
import-no-field = this is not written into header fields.
import-no-required-fields = mail is not refused for such faults; see [policy.from] for those of From.
import-no-exemption = anybody can write a name into From: only authenticated domains can be excepted; see [policy.exceptions] allowed.
import-no-external = the log has no such lines.
import-no-vbr = Vouch By Reference is not evaluated.
import-remove-from = fields in our own name are always removed; those of others all or none; see [results] foreign.
import-own-results = Sekisho evaluates SPF, DKIM and ARC itself and uses no results of others.
import-tree-walk = organizational domains are found in DNS (RFC 9989), without a list.
import-authors = each author domain is judged; see [policy.from] for what cannot be.
import-from-alone = of the header only From is checked.
import-held-too = mail that fails with p=reject is held as well.
import-no-switch = SPF, DKIM and DMARC are always evaluated for mail that comes in.
import-no-control = sekisho status and sekisho reload stand in its place; see [daemon] http.
import-no-code = the reply code follows from the action; the text is in [replies].
import-no-hardfail = “fail” is written, as RFC 8601 asks.
import-no-spf-type = the DNS type SPF is no longer used (RFC 7208 section 3.1).
import-no-explanation = Sender ID has no explanations here.
