# Paste into RT: Admin > Global > Scrips > Create. Condition "On Transaction", action "User Defined", template "Blank",
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
my @batch = grep { $_->Type !~ /^(?:EmailRecord|CommentEmailRecord)$/ } @{ $ticket->TransactionBatch || [] };
my $first = $batch[0] || $self->TransactionObj;
my ($made) = grep { $_->Type eq 'Create' } @batch, $first;

# A new ticket is sent with its text. Of any other, only that it changed: Firstline then reads its history.
my %event = ( id => $ticket->id . '', queue => $ticket->QueueObj->Name, creator => ( $made || $first )->CreatorObj->Name );
%event = $made
    ? (
        %event,
        event       => 'ticket.created',
        subject     => $ticket->Subject,
        content     => $made->Content( Type => 'text/plain' ),
        requestor   => $ticket->RequestorAddresses,
        external_id => $ticket->FirstCustomFieldValue('External id'),
        created     => $ticket->CreatedObj->W3CDTF( Timezone => 'UTC' ),
    )
    : ( %event, event => 'ticket.changed' );
my $body = JSON->new->utf8->canonical->encode( \%event );

# Signed as Standard Webhooks says: id, time and body, with the secret behind whsec_.
my ($id, $at) = ('rt-' . $first->id, time);
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
