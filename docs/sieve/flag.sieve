# Mail whose author nobody vouches for stays where it is, with a star and the keyword "Suspicious". See docs/mail-clients.md.
#
# This needs no label, only Authentication-Results. Put your receiver's name, which `sekisho serve` tells when it starts,
# in the place of mx.example.net: fields in other names were written by others and prove nothing.
require ["imap4flags"];

if header :matches "Authentication-Results" "mx.example.net; *dmarc=fail *" {
    addflag ["\\Flagged", "Suspicious"];
}
