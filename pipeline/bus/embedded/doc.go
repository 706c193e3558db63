// Package embedded is a Kafka broker inside this process, for one machine. It
// is kfake with a log on disk, which was made for tests; this package puts
// around it what evidence needs.
//
//   - One process: an exclusive lock on the folder (LockedError).
//   - No strangers: it listens on a free port of 127.0.0.1 and takes only
//     connections that show a secret, made at each start and never written
//     down. Without it nothing reaches kfake but the question for versions
//     and the handshake.
//   - Nothing goes by time or size. What all have passed is deleted by
//     Client.DeleteRecords, whole segments leave the disk, and the last batch
//     of a partition always stays.
//   - What was acknowledged survives the death of the process at any moment,
//     and a full disk, of which clients hear (DiskError).
//   - Open reads the log before kfake does and changes nothing: damage is an
//     error (DamageError), and so is a log that ends before the mark that lies
//     beside it (ShorterError). Only a write that was under way when the
//     process died, and never acknowledged, is cut off.
//   - Each batch gets the time of its append by this machine's clock.
//
// Broker.Close stops it, notes how far the log goes and gives the lock back;
// close the clients first. It does not replicate, and is not for a network
// file system. Opening takes memory and time by the size of the log, since
// kfake reads it whole.
//
// # In the folder
//
//	lock             held while a broker is open
//	format           version of this layout
//	high-water.json  the offset behind the last message of each partition
//	log/             kfake's own, with segments of Kafka record batches
//
// BUG: kfake ignores a failing fsync. Such a disk loses, at a power cut, what
// was acknowledged since; the mark then tells that it is gone.
package embedded
