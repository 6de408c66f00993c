//! Counted costs compared with a manual loop and other crates: the shared code of the programs of this package.

pub mod calls;
pub mod cargo;
pub mod cold;
pub mod count;
pub mod document;
pub mod features;
pub mod figures;
pub mod generated;
pub mod memory;
pub mod rows;
pub mod scale;
pub mod sizes;
pub mod table;
pub mod verdict;
pub mod way;
