# Paste into RT: Admin > Global > Scrips > Create. Condition "On Create", action "User Defined", template "Blank",
# stage "Batch"; this goes into "Custom action commit code", and `return 1;` into "Custom action preparation code".
# RT_SiteConfig.pm says where to and with which secret:
#   Set($FirstlineUrl, 'https://firstline.example.com/v1/inbound/rt');
#   Set($FirstlineSecret, 'whsec_...');
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256_base64);
use JSON ();
use LWP::UserAgent;
use MIME::Base64 qw(decode_base64);

my $url = RT->Config->Get('FirstlineUrl') or return 1;
my $secret = RT->Config->Get('FirstlineSecret') || '';
my $ticket = $self->TicketObj;
my $made = $self->TransactionObj;
my $body = JSON->new->utf8->canonical->encode({
    event       => 'ticket.created',
    id          => $ticket->id . '',
    queue       => $ticket->QueueObj->Name,
    subject     => $ticket->Subject,
    content     => $made->Content( Type => 'text/plain' ),
    requestor   => $ticket->RequestorAddresses,
    creator     => $made->CreatorObj->Name,
    external_id => $ticket->FirstCustomFieldValue('External id'),
    created     => $ticket->CreatedObj->W3CDTF( Timezone => 'UTC' ),
});

# Signed as Standard Webhooks says: id, time and body, with the secret behind whsec_.
my ($id, $at) = ('rt-' . $made->id, time);
my $key = $secret =~ /^whsec_(.+)$/ ? decode_base64($1) : $secret;
my $signature = hmac_sha256_base64("$id.$at.$body", $key);
$signature .= '=' while length($signature) % 4;
my $answer = LWP::UserAgent->new( timeout => 3 )->post(
    $url,
    'Content-Type'      => 'application/json',
    'webhook-id'        => $id,
    'webhook-timestamp' => $at,
    'webhook-signature' => "v1,$signature",
    Content             => $body,
);
RT->Logger->warning( "Firstline did not take ticket " . $ticket->id . ": " . $answer->status_line )
    unless $answer->is_success;
return 1;
