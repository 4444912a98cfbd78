#!/usr/bin/perl
# Carries each connection to another port, from an address of its own: bash cannot choose the address it connects from.
# Usage: from.pl SOURCE-ADDRESS PORT. The port that it listens on is its first line.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($source, $port) = @ARGV;
$SIG{CHLD} = 'IGNORE';
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 8) or die "listen: $!";
$| = 1;
print $listener->sockport, "\n";
while (1) {
    my $client = $listener->accept or next;
    my $child = fork;
    die "fork: $!" unless defined $child;
    if ($child) { close $client; next }
    close $listener;
    carry($client);
    exit 0;
}

# Until the server has ended; a client that ends is told to it.
sub carry {
    my ($client) = @_;
    my $server = IO::Socket::INET->new(LocalAddr => $source, PeerAddr => '127.0.0.1', PeerPort => $port)
        or die "connect: $!";
    my $open = IO::Select->new($client, $server);
    while (1) {
        for my $from ($open->can_read) {
            my $to = $from == $client ? $server : $client;
            my $count = sysread $from, my $bytes, 65536;
            if (!$count) {
                return if $from == $server;
                $open->remove($client);
                shutdown $server, 1;
                next;
            }
            for (my $done = 0; $done < $count;) {
                $done += syswrite($to, $bytes, $count - $done, $done) // return;
            }
        }
    }
}
