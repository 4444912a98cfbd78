# What Sekisho would hold, refuse or throw away goes to the folder "Junk". See docs/mail-clients.md.
#
# Before Sekisho writes its own field, it removes those that came with the message: this one can be believed, where all
# mail comes through Sekisho and the field is among its labels.
require ["fileinto", "mailbox"];

if header :matches "X-Sekisho-Verdict" [
    "quarantine;*",
    "*; wanted=quarantine;*",
    "*; wanted=reject;*",
    "*; wanted=discard;*"
] {
    fileinto :create "Junk";
    stop;
}
