//! The checks that the build generates: each kind of rule at its boundary, agreement with a second
//! opinion by reflection, and what the generator refuses.

mod agreement;
mod chance;
mod generator;
mod random;
mod records;
mod rules;
mod samples;
mod slow;
