# A private desk for the tests: a queue, the custom fields of docs/helpdesks/rt.md, a bot, and the Scrip that we publish.
use strict;
use warnings;

our @Queues = ({ Name => 'Support', Description => 'Customers', CorrespondAddress => 'support@desk.test' });

our @CustomFields = map { {
    Name => $_, Queue => ['Support'], LookupType => 'RT::Queue-RT::Ticket',
    Type => ( $_ eq 'Tags' ? 'FreeformMultiple' : 'FreeformSingle' ),
} } ( 'Category', 'Product area', 'First reply by', 'Tags', 'External id' );

our @Users = map { { Name => $_, Gecos => $_, RealName => $_, EmailAddress => "$_\@desk.test", Privileged => 1 } }
    qw(firstline kim);
push @Users, { Name => 'ann@acme.example', EmailAddress => 'ann@acme.example', Privileged => 0 };  # a customer
our @ACL = map { my $user = $_; map { { UserId => $user, Right => $_ } } qw(
    SeeQueue CreateTicket ShowTicket ModifyTicket ReplyToTicket CommentOnTicket ShowTicketComments OwnTicket
    SeeCustomField ModifyCustomField
) } qw(firstline kim);
push @ACL, map { { GroupDomain => 'RT::System-Role', GroupType => 'Requestor', Right => $_ } } qw(ShowTicket ReplyToTicket SeeQueue);

my $code = do { local ( @ARGV, $/ ) = "$ENV{DESK_HOME}/rt_scrip.pl"; <> };
our @Scrips = ({
    Description => 'Tell Firstline of new tickets and changes', Queue => 0, Template => 'Blank', Stage => 'TransactionBatch',
    ScripCondition => 'On Transaction', ScripAction => 'User Defined',
    CustomPrepareCode => 'return 1;', CustomCommitCode => $code,
});

our @Final = ( sub {
    require RT::AuthToken;
    for my $name ( qw(firstline kim), 'ann@acme.example' ) {
        my $user = RT::User->new( RT->SystemUser );
        $user->Load($name);
        my ( $made, $said, $token ) = RT::AuthToken->new( RT->SystemUser )->Create( Owner => $user->id, Description => 'tests' );
        die "no token for $name: $said" unless $made;
        open my $file, '>', "$ENV{DESK_HOME}/token.$name" or die $!;
        print $file $token;
        close $file;
    }
} );
1;
