#include "ami/snapshot.hpp"

#include <array>
#include <cstddef>

namespace arigate::ami {
namespace {

// In the order of the members of Snapshot and BridgeSnapshot.
using ChannelKeys = std::array<Key, 14>;
using BridgeKeys = std::array<Key, 6>;

constexpr std::array<ChannelKeys, 11> channel_keys{{
    // own
    {Key::channel, Key::uniqueid, Key::linkedid, Key::channelstate, Key::calleridnum,
     Key::calleridname, Key::connectedlinenum, Key::connectedlinename, Key::language,
     Key::accountcode, Key::tenantid, Key::context, Key::exten, Key::priority},
    // dest
    {Key::destchannel, Key::destuniqueid, Key::destlinkedid, Key::destchannelstate,
     Key::destcalleridnum, Key::destcalleridname, Key::destconnectedlinenum,
     Key::destconnectedlinename, Key::destlanguage, Key::destaccountcode, Key::desttenantid,
     Key::destcontext, Key::destexten, Key::destpriority},
    // transferer
    {Key::transfererchannel, Key::transfereruniqueid, Key::transfererlinkedid,
     Key::transfererchannelstate, Key::transferercalleridnum, Key::transferercalleridname,
     Key::transfererconnectedlinenum, Key::transfererconnectedlinename, Key::transfererlanguage,
     Key::transfereraccountcode, Key::transferertenantid, Key::transferercontext,
     Key::transfererexten, Key::transfererpriority},
    // transferee
    {Key::transfereechannel, Key::transfereeuniqueid, Key::transfereelinkedid,
     Key::transfereechannelstate, Key::transfereecalleridnum, Key::transfereecalleridname,
     Key::transfereeconnectedlinenum, Key::transfereeconnectedlinename, Key::transfereelanguage,
     Key::transfereeaccountcode, Key::transfereetenantid, Key::transfereecontext,
     Key::transfereeexten, Key::transfereepriority},
    // orig_transferer
    {Key::origtransfererchannel, Key::origtransfereruniqueid, Key::origtransfererlinkedid,
     Key::origtransfererchannelstate, Key::origtransferercalleridnum,
     Key::origtransferercalleridname, Key::origtransfererconnectedlinenum,
     Key::origtransfererconnectedlinename, Key::origtransfererlanguage,
     Key::origtransfereraccountcode, Key::origtransferertenantid, Key::origtransferercontext,
     Key::origtransfererexten, Key::origtransfererpriority},
    // second_transferer
    {Key::secondtransfererchannel, Key::secondtransfereruniqueid, Key::secondtransfererlinkedid,
     Key::secondtransfererchannelstate, Key::secondtransferercalleridnum,
     Key::secondtransferercalleridname, Key::secondtransfererconnectedlinenum,
     Key::secondtransfererconnectedlinename, Key::secondtransfererlanguage,
     Key::secondtransfereraccountcode, Key::secondtransferertenantid, Key::secondtransferercontext,
     Key::secondtransfererexten, Key::secondtransfererpriority},
    // transfer_target
    {Key::transfertargetchannel, Key::transfertargetuniqueid, Key::transfertargetlinkedid,
     Key::transfertargetchannelstate, Key::transfertargetcalleridnum,
     Key::transfertargetcalleridname, Key::transfertargetconnectedlinenum,
     Key::transfertargetconnectedlinename, Key::transfertargetlanguage,
     Key::transfertargetaccountcode, Key::transfertargettenantid, Key::transfertargetcontext,
     Key::transfertargetexten, Key::transfertargetpriority},
    // forwarded
    {Key::forwardedchannel, Key::forwardeduniqueid, Key::forwardedlinkedid,
     Key::forwardedchannelstate, Key::forwardedcalleridnum, Key::forwardedcalleridname,
     Key::forwardedconnectedlinenum, Key::forwardedconnectedlinename, Key::forwardedlanguage,
     Key::forwardedaccountcode, Key::forwardedtenantid, Key::forwardedcontext, Key::forwardedexten,
     Key::forwardedpriority},
    // parkee
    {Key::parkeechannel, Key::parkeeuniqueid, Key::parkeelinkedid, Key::parkeechannelstate,
     Key::parkeecalleridnum, Key::parkeecalleridname, Key::parkeeconnectedlinenum,
     Key::parkeeconnectedlinename, Key::parkeelanguage, Key::parkeeaccountcode, Key::parkeetenantid,
     Key::parkeecontext, Key::parkeeexten, Key::parkeepriority},
    // local_one
    {Key::localonechannel, Key::localoneuniqueid, Key::localonelinkedid, Key::localonechannelstate,
     Key::localonecalleridnum, Key::localonecalleridname, Key::localoneconnectedlinenum,
     Key::localoneconnectedlinename, Key::localonelanguage, Key::localoneaccountcode,
     Key::localonetenantid, Key::localonecontext, Key::localoneexten, Key::localonepriority},
    // local_two
    {Key::localtwochannel, Key::localtwouniqueid, Key::localtwolinkedid, Key::localtwochannelstate,
     Key::localtwocalleridnum, Key::localtwocalleridname, Key::localtwoconnectedlinenum,
     Key::localtwoconnectedlinename, Key::localtwolanguage, Key::localtwoaccountcode,
     Key::localtwotenantid, Key::localtwocontext, Key::localtwoexten, Key::localtwopriority},
}};

constexpr std::array<BridgeKeys, 5> bridge_keys{{
    // own
    {Key::bridgeuniqueid, Key::bridgetype, Key::bridgetechnology, Key::bridgecreator,
     Key::bridgename, Key::bridgevideosourcemode},
    // to
    {Key::tobridgeuniqueid, Key::tobridgetype, Key::tobridgetechnology, Key::tobridgecreator,
     Key::tobridgename, Key::tobridgevideosourcemode},
    // from
    {Key::frombridgeuniqueid, Key::frombridgetype, Key::frombridgetechnology,
     Key::frombridgecreator, Key::frombridgename, Key::frombridgevideosourcemode},
    // orig
    {Key::origbridgeuniqueid, Key::origbridgetype, Key::origbridgetechnology,
     Key::origbridgecreator, Key::origbridgename, Key::origbridgevideosourcemode},
    // second
    {Key::secondbridgeuniqueid, Key::secondbridgetype, Key::secondbridgetechnology,
     Key::secondbridgecreator, Key::secondbridgename, Key::secondbridgevideosourcemode},
}};

}  // namespace

Snapshot snapshot_of(const Message& event, Role role) {
  const ChannelKeys& keys = channel_keys[static_cast<std::size_t>(role)];
  const auto value = [&](std::size_t index) { return event[keys[index]]; };
  Snapshot snapshot{value(0), value(1), value(2), value(3),  value(4),  value(5),  value(6),
                    value(7), value(8), value(9), value(10), value(11), value(12), value(13)};
  // CoreShowChannel of old versions says Extension, all others Exten.
  if (role == Role::own && !event.has(Key::exten)) snapshot.exten = event[Key::extension];
  return snapshot;
}

Key variable_key(Role role) {
  constexpr std::array<Key, 11> keys{Key::chanvariable,
                                     Key::destchanvariable,
                                     Key::transfererchanvariable,
                                     Key::transfereechanvariable,
                                     Key::origtransfererchanvariable,
                                     Key::secondtransfererchanvariable,
                                     Key::transfertargetchanvariable,
                                     Key::forwardedchanvariable,
                                     Key::parkeechanvariable,
                                     Key::localonechanvariable,
                                     Key::localtwochanvariable};
  return keys[static_cast<std::size_t>(role)];
}

BridgeSnapshot bridge_snapshot_of(const Message& event, BridgeRole role) {
  const BridgeKeys& keys = bridge_keys[static_cast<std::size_t>(role)];
  const auto value = [&](std::size_t index) { return event[keys[index]]; };
  // Only events about one bridge name the source itself.
  const auto source = role == BridgeRole::own ? event[Key::bridgevideosource] : std::string_view{};
  return {value(0), value(1), value(2), value(3), value(4), value(5), source};
}

}  // namespace arigate::ami
