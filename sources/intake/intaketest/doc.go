// Package intaketest states what decoders and the intake must withstand.
//
// Decoder cuts a sample everywhere; Directory and Bucket end runs at every batch,
// with a publisher that fails the test where the contract is broken. Both
// fail a test and return nothing; what they start has ended when they return.
// They do not judge what a decoder makes of a record.
package intaketest
