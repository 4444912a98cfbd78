# Signs every *.msg of a folder by Mail::DKIM with DomainKeys, in four ways each, and leaves NAME-WAY.eml. Beside each it
# puts NAME-WAY.broken, changed so that no canonicalisation forgives it.
use strict;
use warnings;
use Mail::DKIM::DkSignature;
use Mail::DKIM::Signer;

my $folder = shift or die "usage: domainkeys.pl FOLDER\n";
my %ways = (
    'simple'       => { method => 'simple' },
    'nofws'        => { method => 'nofws' },
    'simple-named' => { method => 'simple', named => 1 },
    'nofws-named'  => { method => 'nofws', named => 1 },
);

for my $path (sort glob "$folder/*.msg") {
    my ($name) = $path =~ m{([^/]+)\.msg$};
    open my $in, '<:raw', $path or die "$path: $!\n";
    my $text = do { local $/; <$in> };
    $text =~ s/\n/\r\n/g;
    for my $way (sort keys %ways) {
        my $signed = sign($text, $ways{$way}) . $text;
        put("$folder/$name-$way.eml", $signed);
        (my $broken = $signed) =~ s/^Subject: hello/Subject: hallo/m;
        $broken = $signed . "added\r\n" if $name =~ /^(?:plain|blank)$/;
        put("$folder/$name-$way.broken", $broken);
    }
}

# The signature's field, with its line end.
sub sign {
    my ($text, $way) = @_;
    my $policy = sub {
        my $signer = shift;
        my %named = $way->{named} ? (Headers => $signer->headers) : ();
        $signer->add_signature(Mail::DKIM::DkSignature->new(
            Algorithm => 'rsa-sha1', Method => $way->{method}, Domain => 'signer.example', Selector => 'dk',
            Query => 'dns', KeyFile => "$folder/key.pem", %named,
        ));
        return 1;
    };
    my $signer = Mail::DKIM::Signer->new(Policy => $policy, KeyFile => "$folder/key.pem");
    $signer->PRINT($text);
    $signer->CLOSE;
    my $field = $signer->signature->as_string;
    $field =~ s/\r?\n/\r\n/g;
    return "$field\r\n";
}

sub put {
    my ($path, $text) = @_;
    open my $out, '>:raw', $path or die "$path: $!\n";
    print {$out} $text;
    close $out or die "$path: $!\n";
}
